// EC2 instances as the machines of an inventory.
#pragma once

#include <map>
#include <string>

#include "aws/ec2.h"
#include "fleet/inventory.h"

namespace keyturn::fleet {

Machine machine_of(const aws::Ec2Instance& instance);

// Lists the instances that have all of `tags`, anew at each call. `ec2` must outlive what is returned.
ListMachines ec2_machines(const aws::Ec2& ec2, std::map<std::string, std::string> tags);

}  // namespace keyturn::fleet
