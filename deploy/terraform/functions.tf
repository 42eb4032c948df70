# The blog's two functions, which the Automation calls, and a third for the schedule, for instances that start and for Secrets
# Manager. All three are the same program; the handler, which is the key here, says what a call is for that does not say it itself.
locals {
  functions = {
    rotate = {
      name        = "${var.name}-RotateCreds"
      description = "Makes a new access key and stores it as AWSPENDING."
    }
    update = {
      name        = "${var.name}-UpdateCreds"
      description = "Proves the new access key, brings it to every server and into force, and retires the old one."
    }
    reconcile = {
      name        = "${var.name}-Reconcile"
      description = "Does whatever is due with the access key of SQL Server's backups."
    }
  }
}

resource "aws_cloudwatch_log_group" "function" {
  for_each          = local.functions
  name              = "/aws/lambda/${each.value.name}"
  retention_in_days = var.log_retention_days
  tags              = local.tags
}

resource "aws_lambda_function" "function" {
  for_each                       = local.functions
  function_name                  = each.value.name
  description                    = each.value.description
  runtime                        = "provided.al2023"
  handler                        = each.key
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

  depends_on = [aws_iam_role_policy.functions, aws_cloudwatch_log_group.function]
}
