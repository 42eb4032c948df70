// What the commands ask of the service manager. All throw std::runtime_error with Windows's own words.
#pragma once

#include <string>

namespace keyturn::stand_in {

enum class Start { automatic, manual, disabled };

// Makes the service, or changes the one that is there; `command_line` is what the service manager starts.
void install(const std::string& service, const std::string& command_line, Start start);
void remove(const std::string& service);

// Ask, and (with `wait`) return when the new state is reached; half a minute at most.
void start(const std::string& service, bool wait);
void stop(const std::string& service, bool wait);
void pause(const std::string& service, bool wait);
void resume(const std::string& service, bool wait);

// "RUNNING 1234" (the process), "STOPPED", "PAUSED 1234", "START_PENDING 1234", …; "MISSING".
std::string state(const std::string& service);

}  // namespace keyturn::stand_in
