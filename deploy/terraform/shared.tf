# Made by deploy/make.py from deploy/cloudformation/keyturn.yaml; change that, and run it again.

# Which of the optional parts there are.
locals {
  makes_secrets       = var.create_secrets
  makes_kms_key       = var.create_kms_key
  has_kms_key_arn     = !(var.kms_key_arn == "")
  has_kms_key         = (local.makes_kms_key) || (local.has_kms_key_arn)
  has_log_level       = !(var.log_level == "INFO")
  has_code_version    = !(var.code_version == "")
  has_package         = !(var.package_sha256 == "")
  has_windows_package = !(var.windows_package_key == "")
  has_host_roles      = !(join("", var.host_roles) == "")
  has_usual_tag       = var.tag_key == "SQL"
  rotates_login       = var.rotate_login
  in_vpc              = !(join("", var.subnet_ids) == "")
  reserves            = var.reserve_concurrency
  watches             = var.watch_instances
  rotates_natively    = !(var.native_rotation_days == 0)
  makes_topic         = var.alarm_topic_arn == ""
  has_email           = (local.makes_topic) && (!(var.alarm_email == ""))
  watches_runs        = !(var.no_run_days == 0)
}

# Policies by the template's names, each statement with its reason.
locals {
  secrets_key = jsonencode({
    "Version" = "2012-10-17"
    "Statement" = [
      # Without this nobody could manage or delete the key; who may use it, the roles' policies say.
      {
        "Sid"    = "Account"
        "Effect" = "Allow"
        "Principal" = {
          "AWS" = "arn:${local.partition}:iam::${local.account}:root"
        }
        "Action"   = "kms:*"
        "Resource" = "*"
      }
    ]
  })

  functions_role = jsonencode({
    "Version" = "2012-10-17"
    "Statement" = [
      # IfExists: Lambda's documentation does not promise these keys when it assumes an execution role.
      {
        "Sid"    = "Lambda"
        "Effect" = "Allow"
        "Principal" = {
          "Service" = "lambda.amazonaws.com"
        }
        "Action" = "sts:AssumeRole"
        "Condition" = {
          "StringEqualsIfExists" = {
            "aws:SourceAccount" = local.account
          }
          "ArnLikeIfExists" = {
            "aws:SourceArn" = "arn:${local.partition}:lambda:${local.region}:${local.account}:function:${var.name}-*"
          }
        }
      }
    ]
  })

  functions_policy = jsonencode({
    "Version" = "2012-10-17"
    "Statement" = [
      # Every run looks at the user's keys and when they were last used; a rotation makes one; the old one is deactivated, in need reactivated, and deleted.
      {
        "Sid"    = "TurnTheKey"
        "Effect" = "Allow"
        "Action" = [
          "iam:ListAccessKeys",
          "iam:GetAccessKeyLastUsed",
          "iam:CreateAccessKey",
          "iam:UpdateAccessKey",
          "iam:DeleteAccessKey"
        ]
        "Resource" = "arn:${local.partition}:iam::${local.account}:user${var.backup_user_path}${var.backup_user}"
      },
      # Every run reads which version has which stage and which key is in it; a rotation stores the new key and moves the stages.
      {
        "Sid"    = "KeepTheKey"
        "Effect" = "Allow"
        "Action" = [
          "secretsmanager:DescribeSecret",
          "secretsmanager:ListSecretVersionIds",
          "secretsmanager:GetSecretValue",
          "secretsmanager:PutSecretValue",
          "secretsmanager:UpdateSecretVersionStage"
        ]
        "Resource" = (local.makes_secrets ? aws_secretsmanager_secret.credential[0].arn : "arn:${local.partition}:secretsmanager:${local.region}:${local.account}:secret:${var.credential_secret}-??????")
      },
      # What a run is about to do is written down before CreateAccessKey, as a tag of the secret, and taken away afterwards. No other tag may be touched.
      {
        "Sid"    = "WriteIntents"
        "Effect" = "Allow"
        "Action" = [
          "secretsmanager:TagResource",
          "secretsmanager:UntagResource"
        ]
        "Resource" = (local.makes_secrets ? aws_secretsmanager_secret.credential[0].arn : "arn:${local.partition}:secretsmanager:${local.region}:${local.account}:secret:${var.credential_secret}-??????")
        "Condition" = {
          "ForAllValues:StringLike" = {
            "aws:TagKeys" = "keyturn:intent:*"
          }
        }
      },
      # The backup URL: which credentials the servers are to have, and the bucket that a new key is proven on. The SQL login's secrets are the hosts' alone.
      {
        "Sid"      = "ReadTheBackupUrl"
        "Effect"   = "Allow"
        "Action"   = "secretsmanager:GetSecretValue"
        "Resource" = (local.makes_secrets ? aws_secretsmanager_secret.settings["bucket_url"].arn : "arn:${local.partition}:secretsmanager:${local.region}:${local.account}:secret:${var.bucket_url_secret}-??????")
      },
      # SendCommand is asked about the document ...
      {
        "Sid"      = "SendThisDocument"
        "Effect"   = "Allow"
        "Action"   = "ssm:SendCommand"
        "Resource" = "arn:${local.partition}:ssm:${local.region}:${local.account}:document/${var.name}-UpdateCreds"
      },
      # ... and about each host, which must have the fleet's tag. A template can't put a parameter into the name of a condition key, so that another tag than SQL is not asked for.
      jsondecode(local.has_usual_tag ? jsonencode({
        "Sid"    = "SendToTheFleet"
        "Effect" = "Allow"
        "Action" = "ssm:SendCommand"
        "Resource" = [
          "arn:${local.partition}:ec2:${local.region}:${local.account}:instance/*",
          "arn:${local.partition}:ssm:${local.region}:${local.account}:managed-instance/*"
        ]
        "Condition" = {
          "StringEquals" = {
            "ssm:resourceTag/SQL" = var.tag_value
          }
        }
        }) : jsonencode({
        "Sid"    = "SendToInstances"
        "Effect" = "Allow"
        "Action" = "ssm:SendCommand"
        "Resource" = [
          "arn:${local.partition}:ec2:${local.region}:${local.account}:instance/*",
          "arn:${local.partition}:ssm:${local.region}:${local.account}:managed-instance/*"
        ]
      })),
      # Which instances have the tag, whose agents are online, and how the commands go. IAM knows no resource for these; the region at least is this one.
      {
        "Sid"    = "FollowCommands"
        "Effect" = "Allow"
        "Action" = [
          "ec2:DescribeInstances",
          "ssm:DescribeInstanceInformation",
          "ssm:ListCommands",
          "ssm:ListCommandInvocations",
          "ssm:GetCommandInvocation",
          "ssm:CancelCommand"
        ]
        "Resource" = "*"
        "Condition" = {
          "StringEquals" = {
            "aws:RequestedRegion" = local.region
          }
        }
      },
      # The log groups are the stack's, so that no function needs to make one.
      {
        "Sid"    = "WriteLogs"
        "Effect" = "Allow"
        "Action" = [
          "logs:CreateLogStream",
          "logs:PutLogEvents"
        ]
        "Resource" = "arn:${local.partition}:logs:${local.region}:${local.account}:log-group:/aws/lambda/${var.name}-*:log-stream:*"
      }
    ]
  })

  functions_login_policy = jsonencode({
    "Version" = "2012-10-17"
    "Statement" = [
      # keyturn gives its SQL login a new password: stored first, then brought to the servers by the hosts, then in force. The functions read none.
      {
        "Sid"    = "TurnThePassword"
        "Effect" = "Allow"
        "Action" = [
          "secretsmanager:DescribeSecret",
          "secretsmanager:ListSecretVersionIds",
          "secretsmanager:PutSecretValue",
          "secretsmanager:UpdateSecretVersionStage"
        ]
        "Resource" = (local.makes_secrets ? aws_secretsmanager_secret.settings["sql_password"].arn : "arn:${local.partition}:secretsmanager:${local.region}:${local.account}:secret:${var.sql_password_secret}-??????")
      }
    ]
  })

  functions_kms_policy = jsonencode({
    "Version" = "2012-10-17"
    "Statement" = [
      # Secrets Manager opens and closes the secrets with the caller's rights; the key serves no other purpose.
      {
        "Sid"    = "OpenAndCloseSecrets"
        "Effect" = "Allow"
        "Action" = [
          "kms:Decrypt",
          "kms:GenerateDataKey"
        ]
        "Resource" = (local.makes_kms_key ? aws_kms_key.secrets[0].arn : var.kms_key_arn)
        "Condition" = {
          "StringEquals" = {
            "kms:ViaService" = "secretsmanager.${local.region}.${local.url_suffix}"
          }
        }
      }
    ]
  })

  functions_vpc_policy = jsonencode({
    "Version" = "2012-10-17"
    "Statement" = [
      # Lambda makes the functions' network interfaces with their role. It insists on the right for any resource of the account's EC2.
      {
        "Sid"    = "MakeNetworkInterfaces"
        "Effect" = "Allow"
        "Action" = [
          "ec2:CreateNetworkInterface",
          "ec2:DeleteNetworkInterface",
          "ec2:AssignPrivateIpAddresses",
          "ec2:UnassignPrivateIpAddresses"
        ]
        "Resource" = "arn:${local.partition}:ec2:${local.region}:${local.account}:*/*"
      },
      # It looks at them, too; IAM knows no resource for that.
      {
        "Sid"    = "LookAtTheNetwork"
        "Effect" = "Allow"
        "Action" = [
          "ec2:DescribeNetworkInterfaces",
          "ec2:DescribeSubnets"
        ]
        "Resource" = "*"
        "Condition" = {
          "StringEquals" = {
            "aws:RequestedRegion" = local.region
          }
        }
      },
      # The program itself never may: it has no business with network interfaces.
      {
        "Sid"    = "NotTheProgram"
        "Effect" = "Deny"
        "Action" = [
          "ec2:CreateNetworkInterface",
          "ec2:DeleteNetworkInterface",
          "ec2:AssignPrivateIpAddresses",
          "ec2:UnassignPrivateIpAddresses",
          "ec2:DescribeNetworkInterfaces",
          "ec2:DescribeSubnets"
        ]
        "Resource" = "*"
        "Condition" = {
          "ArnLike" = {
            "lambda:SourceFunctionArn" = "arn:${local.partition}:lambda:${local.region}:${local.account}:function:${var.name}-*"
          }
        }
      }
    ]
  })

  host_policy = jsonencode({
    "Version" = "2012-10-17"
    "Statement" = [
      # The key to write, where to, and the SQL login to write it with.
      {
        "Sid"    = "ReadTheSecrets"
        "Effect" = "Allow"
        "Action" = "secretsmanager:GetSecretValue"
        "Resource" = [
          (local.makes_secrets ? aws_secretsmanager_secret.credential[0].arn : "arn:${local.partition}:secretsmanager:${local.region}:${local.account}:secret:${var.credential_secret}-??????"),
          (local.makes_secrets ? aws_secretsmanager_secret.settings["bucket_url"].arn : "arn:${local.partition}:secretsmanager:${local.region}:${local.account}:secret:${var.bucket_url_secret}-??????"),
          (local.makes_secrets ? aws_secretsmanager_secret.settings["sql_user"].arn : "arn:${local.partition}:secretsmanager:${local.region}:${local.account}:secret:${var.sql_user_secret}-??????"),
          (local.makes_secrets ? aws_secretsmanager_secret.settings["sql_password"].arn : "arn:${local.partition}:secretsmanager:${local.region}:${local.account}:secret:${var.sql_password_secret}-??????")
        ]
      },
      # Just before it writes, a host looks whether the version still has its stage.
      {
        "Sid"      = "SeeTheStages"
        "Effect"   = "Allow"
        "Action"   = "secretsmanager:DescribeSecret"
        "Resource" = (local.makes_secrets ? aws_secretsmanager_secret.credential[0].arn : "arn:${local.partition}:secretsmanager:${local.region}:${local.account}:secret:${var.credential_secret}-??????")
      }
    ]
  })

  host_kms_policy = jsonencode({
    "Version" = "2012-10-17"
    "Statement" = [
      # Secrets Manager opens the secrets with the caller's rights. A host never stores one.
      {
        "Sid"      = "OpenSecrets"
        "Effect"   = "Allow"
        "Action"   = "kms:Decrypt"
        "Resource" = (local.makes_kms_key ? aws_kms_key.secrets[0].arn : var.kms_key_arn)
        "Condition" = {
          "StringEquals" = {
            "kms:ViaService" = "secretsmanager.${local.region}.${local.url_suffix}"
          }
        }
      }
    ]
  })

  host_package_policy = jsonencode({
    "Version" = "2012-10-17"
    "Statement" = [
      # A host that has no keyturn fetches this one object, and runs it only with the right SHA-256.
      {
        "Sid"      = "FetchThePackage"
        "Effect"   = "Allow"
        "Action"   = "s3:GetObject"
        "Resource" = "arn:${local.partition}:s3:::${var.code_bucket}/${var.code_key}"
      }
    ]
  })

  host_windows_package_policy = jsonencode({
    "Version" = "2012-10-17"
    "Statement" = [
      # The same for keyturn.exe.
      {
        "Sid"      = "FetchTheProgram"
        "Effect"   = "Allow"
        "Action"   = "s3:GetObject"
        "Resource" = "arn:${local.partition}:s3:::${var.code_bucket}/${var.windows_package_key}"
      }
    ]
  })

  automation_role = jsonencode({
    "Version" = "2012-10-17"
    "Statement" = [
      # Only for executions of this account; nobody else's Systems Manager can borrow it.
      {
        "Sid"    = "Automation"
        "Effect" = "Allow"
        "Principal" = {
          "Service" = "ssm.amazonaws.com"
        }
        "Action" = "sts:AssumeRole"
        "Condition" = {
          "StringEquals" = {
            "aws:SourceAccount" = local.account
          }
          "ArnLike" = {
            "aws:SourceArn" = "arn:${local.partition}:ssm:${local.region}:${local.account}:automation-execution/*"
          }
        }
      }
    ]
  })

  automation_policy = jsonencode({
    "Version" = "2012-10-17"
    "Statement" = [
      # All that the document does is to call these two.
      {
        "Sid"    = "CallTheTwoFunctions"
        "Effect" = "Allow"
        "Action" = "lambda:InvokeFunction"
        "Resource" = [
          aws_lambda_function.function["rotate"].arn,
          aws_lambda_function.function["update"].arn
        ]
      }
    ]
  })

  schedule_role = jsonencode({
    "Version" = "2012-10-17"
    "Statement" = [
      # Only for this group of schedules.
      {
        "Sid"    = "Scheduler"
        "Effect" = "Allow"
        "Principal" = {
          "Service" = "scheduler.amazonaws.com"
        }
        "Action" = "sts:AssumeRole"
        "Condition" = {
          "StringEquals" = {
            "aws:SourceAccount" = local.account
            "aws:SourceArn"     = "arn:${local.partition}:scheduler:${local.region}:${local.account}:schedule-group/${var.name}"
          }
        }
      }
    ]
  })

  schedule_policy = jsonencode({
    "Version" = "2012-10-17"
    "Statement" = [
      # All that the schedule does is to call this one.
      {
        "Sid"      = "CallReconcile"
        "Effect"   = "Allow"
        "Action"   = "lambda:InvokeFunction"
        "Resource" = aws_lambda_function.function["reconcile"].arn
      }
    ]
  })

  alarm_topic_policy = jsonencode({
    "Version" = "2012-10-17"
    "Statement" = [
      # Only this stack's alarms speak here.
      {
        "Sid"    = "Alarms"
        "Effect" = "Allow"
        "Principal" = {
          "Service" = "cloudwatch.amazonaws.com"
        }
        "Action"   = "sns:Publish"
        "Resource" = aws_sns_topic.alarms[0].arn
        "Condition" = {
          "StringEquals" = {
            "aws:SourceAccount" = local.account
          }
          "ArnLike" = {
            "aws:SourceArn" = "arn:${local.partition}:cloudwatch:${local.region}:${local.account}:alarm:${var.name}-*"
          }
        }
      }
    ]
  })
}

locals {
  # The functions' configuration.
  config_text = <<-EOT
    [sql]
    authentication = "${var.sql_authentication}"
    rotate_login = ${var.rotate_login}
    [[rotation]]
    name = "${var.rotation}"
    iam_user = "${var.backup_user}"
    credential_secret = "${var.credential_secret}"
    bucket_url_secret = "${var.bucket_url_secret}"
    sql_user_secret = "${var.sql_user_secret}"
    sql_password_secret = "${var.sql_password_secret}"
    proof_backup = "${var.proof_backup}"
    [rotation.policy]
    max_age = "${(local.rotates_natively ? "3650d" : var.max_age)}"
    grace = "${var.grace}"
    longest_backup = "${var.longest_backup}"
    quarantine = "${var.quarantine}"
    patience = "${var.patience}"
    [rotation.fleet]
    via = "ssm"
    document = "${var.name}-UpdateCreds"
    ec2_tags = { "${var.tag_key}" = "${var.tag_value}" }
  EOT
}
