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

locals {
  settings = local.makes_secrets ? {
    bucket_url   = { name = var.bucket_url_secret, description = "Where SQL Server backs up to." }
    sql_user     = { name = var.sql_user_secret, description = "The SQL login that keyturn uses on each server." }
    sql_password = { name = var.sql_password_secret, description = "The password of the SQL login that keyturn uses on each server." }
  } : {}
}

resource "aws_secretsmanager_secret" "settings" {
  for_each                = local.settings
  name                    = each.value.name
  description             = each.value.description
  kms_key_id              = local.kms_key
  recovery_window_in_days = 7
  tags                    = local.tags
}

resource "aws_secretsmanager_secret_version" "settings" {
  for_each      = local.makes_secrets ? { bucket_url = var.bucket_url, sql_user = var.sql_login } : {}
  secret_id     = aws_secretsmanager_secret.settings[each.key].id
  secret_string = each.value

  lifecycle {
    precondition {
      condition     = var.bucket_url != ""
      error_message = "bucket_url is missing, which the new secret is to hold."
    }
  }
}

# Ephemeral and write-only: the password is in no plan and in no state.
ephemeral "aws_secretsmanager_random_password" "sql" {
  password_length            = 40
  exclude_punctuation        = true
  require_each_included_type = true
}

resource "aws_secretsmanager_secret_version" "sql_password" {
  count                    = local.makes_secrets ? 1 : 0
  secret_id                = aws_secretsmanager_secret.settings["sql_password"].id
  secret_string_wo         = ephemeral.aws_secretsmanager_random_password.sql.random_password
  secret_string_wo_version = 1
}
