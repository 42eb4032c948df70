// The documents of Systems Manager: there, and what this version of keyturn renders.
#pragma once

#include <string>

#include "doctor/finding.h"
#include "doctor/scene.h"

namespace keyturn::doctor {

// ssm.document, ssm.automation. For fleets over Systems Manager alone.
// Learns has_document.
Findings examine_documents(const Scene& scene, Knowledge& known);

// As JSON, without the parameters' defaults: those are each account's own. False where one is no JSON.
bool same_document(const std::string& one, const std::string& other);

}  // namespace keyturn::doctor
