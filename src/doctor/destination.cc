#include "doctor/destination.h"

#include <fmt/format.h>

#include "rotation/ports.h"

namespace keyturn::doctor {
namespace {

// A part of an upload that there is not: S3 asks for the right to write first, and has nowhere to put it
// then.
constexpr const char* kNoUpload = "keyturn-doctor-has-no-upload";

std::string object_in(const aws::S3Url& url) {
  return (url.key_prefix.empty() ? "" : url.key_prefix + "/") + "keyturn-doctor";
}

Finding try_key(const aws::AwsContext& as_user, const Knowledge& known) {
  const std::string& id = known.current->id;
  const auto sts = as_user.sts();
  const auto identity = sts ? sts->get_caller_identity() : Result<aws::CallerIdentity>(fail(sts.error()));
  if (!identity) return failed("key.works", id, identity.error());
  if (identity->user_name() == *known.user)
    return ok("key.works", id, fmt::format("AWS takes it as a key of {}.", *known.user));
  return failed("key.works", id,
                fmt::format("It is a key of {}, not of the user {}.", identity->arn, *known.user),
                "Name the user whose key the secret holds, or store a key of the right one.");
}

Finding try_to_write(const aws::AwsContext& as_user, const aws::AwsContext& own, aws::S3Url url) {
  // In the region where the bucket is, whatever the URL leaves open.
  if (!url.region)
    if (const auto answer = own.s3(url).head_bucket(); answer && !answer->region.empty())
      url.region = answer->region;
  const std::string rights = fmt::format(
      "Allow s3:ListBucket on arn:aws:s3:::{} and s3:PutObject on its objects below {} to the backup user: "
      "`keyturn "
      "render policy backup-user` prints the policy.",
      url.bucket, url.key_prefix.empty() ? "/" : url.key_prefix + "/");
  const aws::S3 s3 = as_user.s3(url);
  if (const auto listed = s3.probe(); !listed)
    return failed("bucket.write", url.text, listed.error().message, rights);
  const auto part = s3.upload_part(object_in(url), kNoUpload, 1, "x");
  if (part || part.error().code == "NoSuchUpload")
    return ok("bucket.write", url.text, "The key may look for the bucket and write below this URL.");
  if (part.error().kind == ErrorKind::denied)
    return failed("bucket.write", url.text, part.error().message, rights);
  return skipped("bucket.write", url.text,
                 "Whether it can be written can't be told: " + part.error().message);
}

}  // namespace

Findings examine_destination(const Scene& scene, const Knowledge& known) {
  if (!known.urls) return {skipped("bucket", "backup URL", "It is not known where backups go.")};
  Findings findings;
  const bool has_key = known.current && known.user;
  const aws::AwsContext as_user = has_key ? scene.aws.as(*known.current) : scene.aws;
  bool works = has_key;
  if (has_key) {
    findings.push_back(try_key(as_user, known));
    works = !any_failed(findings);
  }
  for (const aws::S3Url& url : *known.urls) {
    const auto prover = scene.aws.key_prover({url}, "");
    if (const auto there = prover->check_destination(); !there) {
      findings.push_back(failed("bucket", url.text, there.error()));
      continue;
    }
    findings.push_back(
        ok("bucket", url.text, fmt::format("The bucket {} is there, in the region of the URL.", url.bucket)));
    findings.push_back(works ? try_to_write(as_user, scene.aws, url)
                             : skipped("bucket.write", url.text, "There is no key to try it with."));
  }
  return findings;
}

}  // namespace keyturn::doctor
