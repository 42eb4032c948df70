// What must be settled before keyturn is taken out of an account, and settling it as far as that is safe.
// Internal to lambda/.
#pragma once

#include "lambda/handler.h"

namespace keyturn::lambda {

// Of keyturn's own, beside the key in force nothing may be left that nobody would look after any more: no
// version under way, no key that is being made, no older key. Ends a rotation that is under way and retires
// older keys; none is made. Then: empty, or why keyturn must stay, in sentences with what to do. Where
// nothing is left, no server is asked. Keys that keyturn did not make are none of its business.
std::string reason_to_stay(const HandlerParts& parts);

}  // namespace keyturn::lambda
