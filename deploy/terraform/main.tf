# keyturn in an account: the same parts, names and inputs as deploy/cloudformation/keyturn.yaml. docs/deploy.md is about both.
# variables.tf and shared.tf are made from that; the rest is by hand, a file for each kind of part.

terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = { source = "hashicorp/aws", version = ">= 5.88" }
  }
}

data "aws_caller_identity" "here" {}
data "aws_partition" "here" {}
data "aws_region" "here" {}

locals {
  account    = data.aws_caller_identity.here.account_id
  partition  = data.aws_partition.here.partition
  url_suffix = data.aws_partition.here.dns_suffix
  region     = data.aws_region.here.id
  tags       = { keyturn = var.name }
  kms_key    = local.makes_kms_key ? aws_kms_key.secrets[0].arn : local.has_kms_key_arn ? var.kms_key_arn : null
  topic      = local.makes_topic ? aws_sns_topic.alarms[0].arn : var.alarm_topic_arn
  environment = merge({ KEYTURN_CONFIG_TEXT = local.config_text },
  local.has_log_level ? { AWS_LAMBDA_LOG_LEVEL = var.log_level } : {})

  # `keyturn render` printed the documents for these stand-ins.
  command_document = replace(replace(replace(replace(file("${path.module}/documents/ssm-command.json"),
    "https://package.invalid/keyturn.zip", local.has_package ? "s3://${var.code_bucket}/${var.code_key}" : ""),
    join("", [for i in range(64) : "a"]), var.package_sha256),
    "https://package.invalid/keyturn.exe", local.has_windows_package ? "s3://${var.code_bucket}/${var.windows_package_key}" : ""),
  join("", [for i in range(64) : "b"]), var.windows_package_sha256)
  automation_document = replace(replace(replace(file("${path.module}/documents/ssm-automation.json"),
    "the-rotate-function", aws_lambda_function.function["rotate"].function_name),
    "the-update-function", aws_lambda_function.function["update"].function_name),
  "arn:aws:iam::000000000000:role/the-automation-role", aws_iam_role.automation.arn)
}
