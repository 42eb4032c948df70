# keyturn in an account: the same parts, names and inputs as deploy/cloudformation/keyturn.yaml. docs/deploy.md is about both.
# Inputs are in variables.tf, conditions, policies and configuration in shared.tf.

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
    "the-rotate-function", aws_lambda_function.rotate.function_name),
    "the-update-function", aws_lambda_function.update.function_name),
  "arn:aws:iam::000000000000:role/the-automation-role", aws_iam_role.automation.arn)
}

# --- secrets ------------------------------------------------------------------------------------------------------------

resource "aws_kms_key" "secrets" {
  count                   = local.makes_kms_key ? 1 : 0
  description             = "Encrypts the secrets of ${var.name}"
  enable_key_rotation     = true
  deletion_window_in_days = 7
  policy                  = local.secrets_key
  tags                    = local.tags

  lifecycle {
    precondition {
      condition     = var.kms_key_arn == "" && var.create_secrets
      error_message = "create_kms_key encrypts the secrets that are made here: kms_key_arn must be empty, and create_secrets true."
    }
  }
}

# No value is put here: Terraform would put it back one day, in the place of the key in force. The first run makes a key.
resource "aws_secretsmanager_secret" "credential" {
  count                   = local.makes_secrets ? 1 : 0
  name                    = var.credential_secret
  description             = "The access key that SQL Server backs up to S3 with, as ID:SECRET. keyturn turns it."
  kms_key_id              = local.kms_key
  recovery_window_in_days = 7
  tags                    = local.tags

  # keyturn's own tags come and go.
  lifecycle { ignore_changes = [tags, tags_all] }
}

resource "aws_secretsmanager_secret" "bucket_url" {
  count                   = local.makes_secrets ? 1 : 0
  name                    = var.bucket_url_secret
  description             = "Where SQL Server backs up to."
  kms_key_id              = local.kms_key
  recovery_window_in_days = 7
  tags                    = local.tags
}

resource "aws_secretsmanager_secret_version" "bucket_url" {
  count         = local.makes_secrets ? 1 : 0
  secret_id     = aws_secretsmanager_secret.bucket_url[0].id
  secret_string = var.bucket_url

  lifecycle {
    precondition {
      condition     = var.bucket_url != ""
      error_message = "bucket_url is missing, which the new secret is to hold."
    }
  }
}

resource "aws_secretsmanager_secret" "sql_user" {
  count                   = local.makes_secrets ? 1 : 0
  name                    = var.sql_user_secret
  description             = "The SQL login that keyturn uses on each server."
  kms_key_id              = local.kms_key
  recovery_window_in_days = 7
  tags                    = local.tags
}

resource "aws_secretsmanager_secret_version" "sql_user" {
  count         = local.makes_secrets ? 1 : 0
  secret_id     = aws_secretsmanager_secret.sql_user[0].id
  secret_string = var.sql_login
}

resource "aws_secretsmanager_secret" "sql_password" {
  count                   = local.makes_secrets ? 1 : 0
  name                    = var.sql_password_secret
  description             = "The password of the SQL login that keyturn uses on each server."
  kms_key_id              = local.kms_key
  recovery_window_in_days = 7
  tags                    = local.tags
}

# Ephemeral and write-only: the password is in no plan and in no state.
ephemeral "aws_secretsmanager_random_password" "sql" {
  password_length            = 40
  exclude_punctuation        = true
  require_each_included_type = true
}

resource "aws_secretsmanager_secret_version" "sql_password" {
  count                    = local.makes_secrets ? 1 : 0
  secret_id                = aws_secretsmanager_secret.sql_password[0].id
  secret_string_wo         = ephemeral.aws_secretsmanager_random_password.sql.random_password
  secret_string_wo_version = 1
}

# --- roles --------------------------------------------------------------------------------------------------------------

resource "aws_iam_role" "functions" {
  name               = "${var.name}-functions"
  description        = "What keyturn's functions act with."
  assume_role_policy = local.functions_role
  tags               = local.tags
}

resource "aws_iam_role_policy" "functions" {
  name   = "${var.name}-functions"
  role   = aws_iam_role.functions.name
  policy = local.functions_policy
}

resource "aws_iam_role_policy" "functions_kms" {
  count  = local.has_kms_key ? 1 : 0
  name   = "${var.name}-functions-kms"
  role   = aws_iam_role.functions.name
  policy = local.functions_kms_policy
}

resource "aws_iam_role_policy" "functions_vpc" {
  count  = local.in_vpc ? 1 : 0
  name   = "${var.name}-functions-vpc"
  role   = aws_iam_role.functions.name
  policy = local.functions_vpc_policy
}

resource "aws_iam_policy" "host" {
  name        = "${var.name}-host"
  description = "What keyturn needs on a host, besides what the SSM agent needs."
  policy      = local.host_policy
  tags        = local.tags
}

resource "aws_iam_policy" "host_kms" {
  count       = local.has_kms_key ? 1 : 0
  name        = "${var.name}-host-kms"
  description = "Opens the secrets that keyturn needs on a host."
  policy      = local.host_kms_policy
  tags        = local.tags
}

resource "aws_iam_policy" "host_package" {
  count       = local.has_package ? 1 : 0
  name        = "${var.name}-host-package"
  description = "Lets a Linux host fetch keyturn."
  policy      = local.host_package_policy
  tags        = local.tags
}

resource "aws_iam_policy" "host_windows_package" {
  count       = local.has_windows_package ? 1 : 0
  name        = "${var.name}-host-windows-package"
  description = "Lets a Windows host fetch keyturn.exe."
  policy      = local.host_windows_package_policy
  tags        = local.tags

  lifecycle {
    precondition {
      condition     = var.windows_package_sha256 != ""
      error_message = "windows_package_sha256 is missing; nothing is run unchecked."
    }
  }
}

resource "aws_iam_role_policy_attachment" "host" {
  for_each   = toset(var.host_roles)
  role       = each.value
  policy_arn = aws_iam_policy.host.arn
}

resource "aws_iam_role_policy_attachment" "host_kms" {
  for_each   = toset(local.has_kms_key ? var.host_roles : [])
  role       = each.value
  policy_arn = aws_iam_policy.host_kms[0].arn
}

resource "aws_iam_role_policy_attachment" "host_package" {
  for_each   = toset(local.has_package ? var.host_roles : [])
  role       = each.value
  policy_arn = aws_iam_policy.host_package[0].arn
}

resource "aws_iam_role_policy_attachment" "host_windows_package" {
  for_each   = toset(local.has_windows_package ? var.host_roles : [])
  role       = each.value
  policy_arn = aws_iam_policy.host_windows_package[0].arn
}

# --- functions ----------------------------------------------------------------------------------------------------------

resource "aws_cloudwatch_log_group" "rotate" {
  name              = "/aws/lambda/${var.name}-RotateCreds"
  retention_in_days = var.log_retention_days
  tags              = local.tags
}

resource "aws_cloudwatch_log_group" "update" {
  name              = "/aws/lambda/${var.name}-UpdateCreds"
  retention_in_days = var.log_retention_days
  tags              = local.tags
}

resource "aws_cloudwatch_log_group" "reconcile" {
  name              = "/aws/lambda/${var.name}-Reconcile"
  retention_in_days = var.log_retention_days
  tags              = local.tags
}

resource "aws_lambda_function" "rotate" {
  function_name                  = "${var.name}-RotateCreds"
  description                    = "Makes a new access key and stores it as AWSPENDING."
  runtime                        = "provided.al2023"
  handler                        = "rotate"
  architectures                  = [var.architecture]
  s3_bucket                      = var.code_bucket
  s3_key                         = var.code_key
  s3_object_version              = local.has_code_version ? var.code_version : null
  role                           = aws_iam_role.functions.arn
  timeout                        = 900
  memory_size                    = 256
  reserved_concurrent_executions = local.reserves ? 1 : -1
  tags                           = local.tags

  environment {
    variables = local.environment
  }

  dynamic "vpc_config" {
    for_each = local.in_vpc ? [1] : []
    content {
      subnet_ids         = var.subnet_ids
      security_group_ids = var.security_group_ids
    }
  }

  depends_on = [aws_iam_role_policy.functions, aws_iam_role_policy.functions_vpc, aws_cloudwatch_log_group.rotate]
}

resource "aws_lambda_function" "update" {
  function_name                  = "${var.name}-UpdateCreds"
  description                    = "Proves the new access key, brings it to every server and into force, and retires the old one."
  runtime                        = "provided.al2023"
  handler                        = "update"
  architectures                  = [var.architecture]
  s3_bucket                      = var.code_bucket
  s3_key                         = var.code_key
  s3_object_version              = local.has_code_version ? var.code_version : null
  role                           = aws_iam_role.functions.arn
  timeout                        = 900
  memory_size                    = 256
  reserved_concurrent_executions = local.reserves ? 1 : -1
  tags                           = local.tags

  environment {
    variables = local.environment
  }

  dynamic "vpc_config" {
    for_each = local.in_vpc ? [1] : []
    content {
      subnet_ids         = var.subnet_ids
      security_group_ids = var.security_group_ids
    }
  }

  depends_on = [aws_iam_role_policy.functions, aws_iam_role_policy.functions_vpc, aws_cloudwatch_log_group.update]
}

resource "aws_lambda_function" "reconcile" {
  function_name                  = "${var.name}-Reconcile"
  description                    = "Does whatever is due with the access key of SQL Server's backups."
  runtime                        = "provided.al2023"
  handler                        = "reconcile"
  architectures                  = [var.architecture]
  s3_bucket                      = var.code_bucket
  s3_key                         = var.code_key
  s3_object_version              = local.has_code_version ? var.code_version : null
  role                           = aws_iam_role.functions.arn
  timeout                        = 900
  memory_size                    = 256
  reserved_concurrent_executions = local.reserves ? 1 : -1
  tags                           = local.tags

  environment {
    variables = local.environment
  }

  dynamic "vpc_config" {
    for_each = local.in_vpc ? [1] : []
    content {
      subnet_ids         = var.subnet_ids
      security_group_ids = var.security_group_ids
    }
  }

  depends_on = [aws_iam_role_policy.functions, aws_iam_role_policy.functions_vpc, aws_cloudwatch_log_group.reconcile]
}

# --- documents ----------------------------------------------------------------------------------------------------------

resource "aws_iam_role" "automation" {
  name               = "${var.name}-automation"
  description        = "What keyturn's Automation acts with."
  assume_role_policy = local.automation_role
  tags               = local.tags
}

resource "aws_iam_role_policy" "automation" {
  name   = "${var.name}-automation"
  role   = aws_iam_role.automation.name
  policy = local.automation_policy
}

resource "aws_ssm_document" "command" {
  name            = "${var.name}-UpdateCreds"
  document_type   = "Command"
  document_format = "JSON"
  target_type     = "/AWS::EC2::Instance"
  content         = local.command_document
  tags            = local.tags
}

resource "aws_ssm_document" "automation" {
  name            = "${var.name}-Automation"
  document_type   = "Automation"
  document_format = "JSON"
  content         = local.automation_document
  tags            = local.tags
}

# --- when ---------------------------------------------------------------------------------------------------------------

resource "aws_iam_role" "schedule" {
  name               = "${var.name}-schedule"
  description        = "What keyturn's schedule acts with."
  assume_role_policy = local.schedule_role
  tags               = local.tags
}

resource "aws_iam_role_policy" "schedule" {
  name   = "${var.name}-schedule"
  role   = aws_iam_role.schedule.name
  policy = local.schedule_policy
}

resource "aws_scheduler_schedule_group" "keyturn" {
  name = var.name
  tags = local.tags
}

resource "aws_scheduler_schedule" "reconcile" {
  name                = "${var.name}-reconcile"
  group_name          = aws_scheduler_schedule_group.keyturn.name
  description         = "Whatever is due with the access key of SQL Server's backups."
  schedule_expression = var.schedule_expression
  state               = var.schedule_state

  flexible_time_window { mode = "OFF" }

  target {
    arn      = aws_lambda_function.reconcile.arn
    role_arn = aws_iam_role.schedule.arn
    input    = "{\"task\": \"reconcile\"}"
    retry_policy {
      maximum_retry_attempts       = 3
      maximum_event_age_in_seconds = 3600
    }
  }

  depends_on = [aws_iam_role_policy.schedule]
}

resource "aws_cloudwatch_event_rule" "instances" {
  count       = local.watches ? 1 : 0
  name        = "${var.name}-instances"
  description = "An instance that starts is brought up to date at once."
  state       = var.schedule_state
  event_pattern = jsonencode({
    "source"      = ["aws.ec2"]
    "detail-type" = ["EC2 Instance State-change Notification"]
    "detail"      = { "state" = ["running"] }
  })
  tags = local.tags
}

resource "aws_cloudwatch_event_target" "instances" {
  count     = local.watches ? 1 : 0
  rule      = aws_cloudwatch_event_rule.instances[0].name
  target_id = "Reconcile"
  arn       = aws_lambda_function.reconcile.arn
}

resource "aws_lambda_permission" "instances" {
  count         = local.watches ? 1 : 0
  function_name = aws_lambda_function.reconcile.function_name
  action        = "lambda:InvokeFunction"
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.instances[0].arn
}

resource "aws_lambda_permission" "native" {
  count          = local.rotates_natively ? 1 : 0
  function_name  = aws_lambda_function.reconcile.function_name
  action         = "lambda:InvokeFunction"
  principal      = "secretsmanager.amazonaws.com"
  source_account = local.account
}

resource "aws_secretsmanager_secret_rotation" "native" {
  count               = local.rotates_natively ? 1 : 0
  secret_id           = local.makes_secrets ? aws_secretsmanager_secret.credential[0].id : var.credential_secret
  rotation_lambda_arn = aws_lambda_function.reconcile.arn
  rotate_immediately  = false

  rotation_rules { automatically_after_days = var.native_rotation_days }

  depends_on = [aws_lambda_permission.native]
}

# --- alarms -------------------------------------------------------------------------------------------------------------

resource "aws_sns_topic" "alarms" {
  count        = local.makes_topic ? 1 : 0
  name         = "${var.name}-alarms"
  display_name = "keyturn"
  tags         = local.tags
}

resource "aws_sns_topic_policy" "alarms" {
  count  = local.makes_topic ? 1 : 0
  arn    = aws_sns_topic.alarms[0].arn
  policy = local.alarm_topic_policy
}

resource "aws_sns_topic_subscription" "alarms" {
  count     = local.has_email ? 1 : 0
  topic_arn = aws_sns_topic.alarms[0].arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

resource "aws_cloudwatch_metric_alarm" "failed" {
  alarm_name          = "${var.name}-failed"
  alarm_description   = "A run failed. The function's log has the sentence that says why; docs/operations.md, exit status 1."
  namespace           = "keyturn"
  metric_name         = "Failed"
  dimensions          = { Rotation = var.rotation }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [local.topic]
  tags                = local.tags
}

resource "aws_cloudwatch_metric_alarm" "blocked" {
  alarm_name          = "${var.name}-blocked"
  alarm_description   = "A person must decide. The function's log says what, and what to type; docs/operations.md, exit status 4."
  namespace           = "keyturn"
  metric_name         = "Blocked"
  dimensions          = { Rotation = var.rotation }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [local.topic]
  tags                = local.tags
}

resource "aws_cloudwatch_metric_alarm" "key_age" {
  alarm_name          = "${var.name}-key-age"
  alarm_description   = "The key in force is older than it may be. keyturn status says what holds the rotation up."
  evaluation_periods  = 1
  threshold           = var.key_age_limit_days
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "ignore" # a day without a run is another alarm's
  alarm_actions       = [local.topic]
  ok_actions          = [local.topic]
  tags                = local.tags

  metric_query {
    id          = "days"
    label       = "Days"
    expression  = "seconds / 86400"
    return_data = true
  }

  metric_query {
    id = "seconds"
    metric {
      namespace   = "keyturn"
      metric_name = "CurrentKeyAgeSeconds"
      dimensions  = { Rotation = var.rotation }
      stat        = "Maximum"
      period      = 86400
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "laggards" {
  alarm_name          = "${var.name}-laggards"
  alarm_description   = "Servers do not hold the key that they should, for days. keyturn status names them; docs/operations.md, laggards."
  namespace           = "keyturn"
  metric_name         = "Laggards"
  dimensions          = { Rotation = var.rotation }
  statistic           = "Minimum" # the fewest of a day: one good run ends it
  period              = 86400
  evaluation_periods  = var.laggard_days
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "ignore"
  alarm_actions       = [local.topic]
  ok_actions          = [local.topic]
  tags                = local.tags
}

resource "aws_cloudwatch_metric_alarm" "no_run" {
  count               = local.watches_runs ? 1 : 0
  alarm_name          = "${var.name}-no-run"
  alarm_description   = "Nothing ran. Look at the schedule, and at the function's log for a start that failed or a time-out."
  namespace           = "keyturn"
  metric_name         = "RunSeconds"
  dimensions          = { Rotation = var.rotation }
  statistic           = "SampleCount"
  period              = 86400
  evaluation_periods  = var.no_run_days
  threshold           = 1
  comparison_operator = "LessThanThreshold"
  treat_missing_data  = "breaching"
  alarm_actions       = [local.topic]
  ok_actions          = [local.topic]
  tags                = local.tags
}
