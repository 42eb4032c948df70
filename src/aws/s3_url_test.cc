#include "aws/s3_url.h"

#include <gtest/gtest.h>

namespace keyturn::aws {
namespace {

struct Good {
  std::string text, endpoint, bucket, prefix;
  std::optional<std::string> region;
  S3Style style;
};

TEST(S3Url, UnderstandsEveryDocumentedForm) {
  const auto kHost = S3Style::virtual_host;
  const std::vector<Good> cases{
      {"s3://bkt.s3.us-west-2.amazonaws.com/full", "s3.us-west-2.amazonaws.com", "bkt", "full", "us-west-2",
       kHost},
      {"s3://bkt.s3.us-west-2.amazonaws.com", "s3.us-west-2.amazonaws.com", "bkt", "", "us-west-2", kHost},
      {"s3://s3.eu-central-1.amazonaws.com/my.bkt/a/b", "s3.eu-central-1.amazonaws.com", "my.bkt", "a/b",
       "eu-central-1", S3Style::path},
      {"s3://bkt.s3.amazonaws.com/x", "s3.amazonaws.com", "bkt", "x", std::nullopt, kHost},
      {"s3://bkt.s3.cn-north-1.amazonaws.com.cn/x", "s3.cn-north-1.amazonaws.com.cn", "bkt", "x",
       "cn-north-1", kHost},
      {"s3://bkt.s3-fips.us-gov-west-1.amazonaws.com", "s3-fips.us-gov-west-1.amazonaws.com", "bkt", "",
       "us-gov-west-1", kHost},
      {"s3://bkt.s3.dualstack.us-east-1.amazonaws.com", "s3.dualstack.us-east-1.amazonaws.com", "bkt", "",
       "us-east-1", kHost},
      {"s3://bkt.s3-eu-west-1.amazonaws.com", "s3-eu-west-1.amazonaws.com", "bkt", "", "eu-west-1", kHost},
      {"s3://bkt.s3.us-iso-east-1.c2s.ic.gov", "s3.us-iso-east-1.c2s.ic.gov", "bkt", "", "us-iso-east-1",
       kHost},
      {"s3://minio.corp.example:9000/backups/sql", "minio.corp.example:9000", "backups", "sql", std::nullopt,
       S3Style::path},
      {"s3://127.0.0.1:9000/backups", "127.0.0.1:9000", "backups", "", std::nullopt, S3Style::path},
      {"s3://backups.store.example", "store.example", "backups", "", std::nullopt, kHost},
  };
  for (const Good& good : cases) {
    SCOPED_TRACE(good.text);
    const auto url = parse_s3_url(good.text);
    ASSERT_TRUE(url) << url.error().sentence();
    EXPECT_EQ(url->text, good.text);
    EXPECT_EQ(url->endpoint, good.endpoint);
    EXPECT_EQ(url->bucket, good.bucket);
    EXPECT_EQ(url->key_prefix, good.prefix);
    EXPECT_EQ(url->region, good.region);
    EXPECT_EQ(url->style, good.style);
  }
}

TEST(S3Url, AddsTheSchemeAndDropsTrailingSlashes) {
  EXPECT_EQ(parse_s3_url("bkt.s3.us-west-2.amazonaws.com/full/")->text,
            "s3://bkt.s3.us-west-2.amazonaws.com/full");
  EXPECT_EQ(parse_s3_url("s3://h.example:9000/bkt//")->text, "s3://h.example:9000/bkt");
}

TEST(S3Url, SignsForSqlServersDefaultRegionWhereTheUrlSaysNone) {
  EXPECT_EQ(parse_s3_url("s3://bkt.s3.amazonaws.com")->signing_region(), "us-east-1");
  EXPECT_EQ(parse_s3_url("s3://bkt.s3.eu-west-3.amazonaws.com")->signing_region(), "eu-west-3");
}

TEST(S3Url, RefusesWhatSqlServerOrS3CannotUse) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"", "empty"},
      {"https://bkt.s3.us-east-1.amazonaws.com", "exactly"},
      {"S3://bkt.s3.us-east-1.amazonaws.com", "exactly"},
      {"s3:/bkt.s3.us-east-1.amazonaws.com", "exactly"},
      {"s3://", "no host"},
      {"s3://s3.us-east-1.amazonaws.com", "no bucket"},
      {"s3://10.0.0.1:9000", "no bucket"},
      {"s3://host/bkt]x", "character ]"},
      {"s3://host/bkt'; DROP", "character '"},
      {"s3://host/b kt", "blank"},
      {"s3://host/bkt\n", "control"},
      {"s3://host/b\xc3\xbcro", "outside ASCII"},
      {"s3://host:0/bkt", "port"},
      {"s3://host:99999/bkt", "port"},
      {"s3://host:/bkt", "port"},
      {"s3://host/Upper", "not a bucket name"},
      {"s3://host/ab", "not a bucket name"},
      {"s3://host/bkt//x", "empty folder"},
      {"s3://my.bkt.s3.us-east-1.amazonaws.com/x", "certificate"},
      {"s3://host/bkt/" + std::string(200, 'x'), "128"},
  };
  for (const auto& [text, why] : cases) {
    SCOPED_TRACE(text);
    const auto url = parse_s3_url(text);
    ASSERT_FALSE(url);
    EXPECT_EQ(url.error().kind, ErrorKind::usage);
    EXPECT_NE(url.error().message.find(why), std::string::npos) << url.error().message;
    EXPECT_FALSE(url.error().hint.empty());
    for (const char c : url.error().message) EXPECT_TRUE(c >= 0x20 && c <= 0x7e);
  }
}

}  // namespace
}  // namespace keyturn::aws
