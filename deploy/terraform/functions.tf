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
