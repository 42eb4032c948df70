// The secrets that a rotation needs: there, to be kept, readable, and with something of use in them.
#pragma once

#include "doctor/finding.h"
#include "doctor/scene.h"

namespace keyturn::doctor {

// secret.credential, secret.iam_user, secret.bucket_url, secret.sql_user, secret.sql_password,
// secret.kms_key. Learns secrets, user, urls, state and has_login.
Findings examine_secrets(const Scene& scene, Knowledge& known);

}  // namespace keyturn::doctor
