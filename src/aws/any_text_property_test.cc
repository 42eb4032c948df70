// Text from outside, whatever it is: read, or refused.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "aws/profile_files.h"
#include "aws/s3_url.h"

namespace keyturn::aws {
namespace {

RC_GTEST_PROP(ProfileFiles, AnyBytesAreParsedOrRefused, (const std::string& text)) {
  (void)parse_ini(text, "f");
}

RC_GTEST_PROP(S3Url, WhatIsAcceptedIsSafeToQuoteAndStable, (const std::string& tail)) {
  const auto url = parse_s3_url("s3://store.example/bkt/" + tail);
  if (!url) return;
  RC_ASSERT(url->text.size() <= 128U);
  RC_ASSERT(url->text.find_first_of("[]'\"") == std::string::npos);
  RC_ASSERT(parse_s3_url(url->text)->text == url->text);
}

}  // namespace
}  // namespace keyturn::aws
