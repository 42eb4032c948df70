// The objects of proof backups, in S3.
#pragma once

#include "aws/aws_context.h"
#include "fleet/backup_proof.h"

namespace keyturn::setup {

// Asks S3 with the key that is being proven; its owner is the backup user, who has rights in the bucket.
class S3ProofStore final : public fleet::ProofStore {
 public:
  // The context must outlive it.
  explicit S3ProofStore(const aws::AwsContext& aws) : aws_(aws) {}

  std::string region_to_tell(const rotation::KeyPair& key, const std::string& url) override;
  Result<void> remove(const rotation::KeyPair& key, const std::string& url) override;

 private:
  const aws::AwsContext& aws_;
};

}  // namespace keyturn::setup
