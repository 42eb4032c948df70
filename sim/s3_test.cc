#include "sim/s3.h"

#include <gtest/gtest.h>

#include "base/digest.h"
#include "sim/virtual_clock.h"

namespace keyturn::sim {
namespace {

class S3Test : public testing::Test {
 protected:
  S3Test() { s3_.add_bucket("bucket", "eu-west-1"); }

  VirtualClock clock_{from_epoch_s(1'750'000'000)};
  SeededRandom random_{7};
  S3 s3_{clock_, random_};
};

TEST_F(S3Test, ObjectsAreStoredWithTheirMd5) {
  EXPECT_EQ(s3_.put_object("bucket", "a/b", "hello", "AKIA1").value().etag,
            "5d41402abc4b2a76b9719d911017c592");
  EXPECT_EQ(s3_.get_object("bucket", "a/b").value().body, "hello");
  EXPECT_TRUE(s3_.head_object("bucket", "a/b").value().body.empty());
  EXPECT_EQ(s3_.head_object("bucket", "a/b").value().written_by, "AKIA1");
  EXPECT_EQ(s3_.get_object("bucket", "none").error().code, "NoSuchKey");
  EXPECT_EQ(s3_.put_object("elsewhere", "k", "x", "AKIA1").error().code, "NoSuchBucket");
  EXPECT_EQ(s3_.region_of("bucket").value(), "eu-west-1");
  ASSERT_TRUE(s3_.delete_object("bucket", "a/b"));
  EXPECT_FALSE(s3_.head_object("bucket", "a/b"));
}

TEST_F(S3Test, AMultipartUploadBecomesOneObject) {
  const std::string id = s3_.create_upload("bucket", "big", "AKIA1").value();
  const std::string part(5U << 20U, 'x');
  const std::string first = s3_.upload_part("bucket", "big", id, 1, part).value();
  const std::string second = s3_.upload_part("bucket", "big", id, 2, "tail").value();
  EXPECT_FALSE(s3_.head_object("bucket", "big"));
  EXPECT_EQ(s3_.uploads().size(), 1U);
  EXPECT_EQ(s3_.complete_upload("bucket", "big", id, {{2, second}, {1, first}}).error().code,
            "InvalidPartOrder");
  EXPECT_EQ(s3_.complete_upload("bucket", "big", id, {{1, second}}).error().code, "InvalidPart");
  const S3Object whole = s3_.complete_upload("bucket", "big", id, {{1, first}, {2, second}}).value();
  EXPECT_EQ(whole.size, part.size() + 4);
  EXPECT_TRUE(whole.etag.ends_with("-2"));
  EXPECT_EQ(s3_.complete_upload("bucket", "big", id, {{1, first}}).error().code, "NoSuchUpload");
}

TEST_F(S3Test, SmallPartsAreAllowedOnlyAtTheEnd) {
  const std::string id = s3_.create_upload("bucket", "k", "AKIA1").value();
  const std::string first = s3_.upload_part("bucket", "k", id, 1, "small").value();
  const std::string second = s3_.upload_part("bucket", "k", id, 2, "small").value();
  EXPECT_EQ(s3_.complete_upload("bucket", "k", id, {{1, first}, {2, second}}).error().code, "EntityTooSmall");
  ASSERT_TRUE(s3_.abort_upload("bucket", "k", id));
  EXPECT_EQ(s3_.upload_part("bucket", "k", id, 3, "x").error().code, "NoSuchUpload");
}

TEST_F(S3Test, LargeBodiesAreCutButMeasuredWhole) {
  s3_.limit_bodies(4);
  ASSERT_TRUE(s3_.put_object("bucket", "k", "123456", "AKIA1"));
  const S3Object kept = s3_.get_object("bucket", "k").value();
  EXPECT_EQ(kept.body, "1234");
  EXPECT_EQ(kept.size, 6U);
  EXPECT_EQ(kept.etag, md5_hex("123456"));
}

TEST_F(S3Test, ListingsPageAndFold) {
  for (const char* key : {"a/1", "a/2", "b", "c/1", "d"})
    ASSERT_TRUE(s3_.put_object("bucket", key, "x", "AKIA1"));
  const auto first = s3_.list_objects("bucket", "", "/", 2).value();
  EXPECT_EQ(first.common_prefixes, std::vector<std::string>{"a/"});
  EXPECT_EQ(first.objects.at(0).key, "b");
  const auto rest = s3_.list_objects("bucket", "", "/", 2, first.next_token).value();
  EXPECT_EQ(rest.common_prefixes, std::vector<std::string>{"c/"});
  EXPECT_EQ(rest.objects.at(0).key, "d");
  EXPECT_TRUE(rest.next_token.empty());
  EXPECT_EQ(s3_.list_objects("bucket", "a/").value().objects.size(), 2U);
  const auto probe = s3_.list_objects("bucket", "", "", 0).value();
  EXPECT_TRUE(probe.objects.empty());
  EXPECT_TRUE(probe.next_token.empty());
}

}  // namespace
}  // namespace keyturn::sim
