// Where the backups go, looked at with the very key that SQL Server holds.
#pragma once

#include "doctor/finding.h"
#include "doctor/scene.h"

namespace keyturn::doctor {

// key.works, bucket, bucket.write. Leaves no object behind.
Findings examine_destination(const Scene& scene, const Knowledge& known);

}  // namespace keyturn::doctor
