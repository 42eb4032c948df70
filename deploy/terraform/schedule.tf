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
    arn      = aws_lambda_function.function["reconcile"].arn
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
  arn       = aws_lambda_function.function["reconcile"].arn
}

resource "aws_lambda_permission" "instances" {
  count         = local.watches ? 1 : 0
  function_name = aws_lambda_function.function["reconcile"].function_name
  action        = "lambda:InvokeFunction"
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.instances[0].arn
}

resource "aws_lambda_permission" "native" {
  count          = local.rotates_natively ? 1 : 0
  function_name  = aws_lambda_function.function["reconcile"].function_name
  action         = "lambda:InvokeFunction"
  principal      = "secretsmanager.amazonaws.com"
  source_account = local.account
}

resource "aws_secretsmanager_secret_rotation" "native" {
  count               = local.rotates_natively ? 1 : 0
  secret_id           = local.makes_secrets ? aws_secretsmanager_secret.credential[0].id : var.credential_secret
  rotation_lambda_arn = aws_lambda_function.function["reconcile"].arn
  rotate_immediately  = false

  rotation_rules { automatically_after_days = var.native_rotation_days }

  depends_on = [aws_lambda_permission.native]
}
