// Secrets Manager's native rotation: createSecret, setSecret, testSecret, finishSecret. Internal to lambda/.
// Facts: AWS Secrets Manager User Guide, "Lambda rotation functions"; its rotation templates.
#pragma once

#include "lambda/handler.h"

namespace keyturn::lambda {

// Each step may come again, and finds what the one before it left. A step that can't be completed is an
// error, which makes Secrets Manager call it again later.
Answer handle_step(const HandlerParts& parts, const SecretStepEvent& event);

}  // namespace keyturn::lambda
