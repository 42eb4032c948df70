// The stack's own questions: CloudFormation's custom resource, and Terraform's invocation. Internal to
// lambda/. Facts: AWS CloudFormation User Guide, "Custom resource request and response reference"; Terraform
// AWS provider, aws_lambda_invocation, lifecycle_scope.
#pragma once

#include "lambda/handler.h"

namespace keyturn::lambda {

// Making and changing are answered at once, deleting when nothing of keyturn's is under way, or with what is.
// CloudFormation gets its answer whatever happens, since it waits for one: an error here means only that the
// answer did not arrive, and Lambda calls again. For Terraform an error is the answer.
Answer handle_stack(const HandlerParts& parts, const StackEvent& event);

// The same where the function could not even start: `reason` is the answer to whatever is asked, and for all
// other callers the error. Thread-safe, as its parts are.
Answer refuse(net::HttpTransport& transport, Clock& clock, const std::optional<StackEvent>& event,
              const FunctionError& reason);

// The answer to CloudFormation. `reason` empty: SUCCESS.
std::string stack_answer(const StackEvent::Caller& caller, const std::string& reason);

}  // namespace keyturn::lambda
