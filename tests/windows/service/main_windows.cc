// stand_in_service.exe: stands in for SQL Server's Windows service, MSSQLSERVER or MSSQL$NAME, in tests under
// Wine. It is a real service of the (Wine) service manager; no SQL Server, but it may listen where one would
// and forward to a simulated one.
//
//   stand_in_service install SERVICE [option...]   make the service, or give the one that is there other
//   options
//     --listen [ADDRESS:]PORT    listen there once it runs (127.0.0.1 is the default); may be given several
//     times
//     --forward PORT             of the --listen before it: its connections go on to this port of 127.0.0.1
//     --pipe NAME                serve \\.\pipe\NAME; may be given several times
//     --start-pending SECONDS    stay in START_PENDING for as long
//     --stop-pending SECONDS     stay in STOP_PENDING for as long
//     --manual | --disabled      not started with Windows (a failover cluster's are manual)
//   stand_in_service start|stop|pause|resume SERVICE [--no-wait]    returns once the state is reached
//   stand_in_service state SERVICE                 prints "RUNNING 1234" (the process), "STOPPED", …, or
//   "MISSING" stand_in_service remove SERVICE                a service that runs goes when it ends
//
// Exit status 0, or 1 with the reason on stderr. Under Wine, `wineserver -p` first: services end soon after
// the last program otherwise. `$` is a shell's own: 'MSSQL$PAYROLL'.

#include <windows.h>

#include <cstdio>
#include <stdexcept>

#include "base/wide_windows.h"
#include "tests/windows/service/service_control.h"
#include "tests/windows/service/stand_in.h"

namespace {

using namespace keyturn;  // a program of its own

using Arguments = std::vector<std::string>;

unsigned number_of(const std::string& text, unsigned most) {
  const bool is_number =
      !text.empty() && text.size() < 6 && text.find_first_not_of("0123456789") == text.npos;
  const unsigned long number = is_number ? std::stoul(text) : most + 1;
  if (number > most) throw std::runtime_error(text + " is not a number up to " + std::to_string(most));
  return unsigned(number);
}

std::uint16_t port_of(const std::string& text) { return std::uint16_t(number_of(text, 65535)); }

struct Order {
  stand_in::StandIn stand_in;
  stand_in::Start start = stand_in::Start::automatic;
};

void add_option(Order& order, const std::string& name, const std::string& value) {
  stand_in::StandIn& service = order.stand_in;
  if (name == "--listen") {
    const std::size_t colon = value.rfind(':');
    stand_in::Listening listening;
    if (colon != value.npos) listening.address = value.substr(0, colon);
    listening.port = port_of(value.substr(colon == value.npos ? 0 : colon + 1));
    service.sockets.push_back(listening);
  } else if (name == "--forward" && !service.sockets.empty()) {
    service.sockets.back().forward = port_of(value);
  } else if (name == "--pipe") {
    service.pipes.push_back(value);
  } else if (name == "--start-pending") {
    service.seconds_starting = number_of(value, 3600);
  } else if (name == "--stop-pending") {
    service.seconds_stopping = number_of(value, 3600);
  } else {
    throw std::runtime_error("unknown option " + name);
  }
}

Order order_of(const Arguments& arguments) {
  Order order;
  order.stand_in.service = arguments.at(1);
  for (std::size_t i = 2; i < arguments.size(); ++i) {
    if (arguments[i] == "--manual")
      order.start = stand_in::Start::manual;
    else if (arguments[i] == "--disabled")
      order.start = stand_in::Start::disabled;
    else if (i + 1 == arguments.size())
      throw std::runtime_error(arguments[i] + " lacks its value");
    else
      add_option(order, arguments[i], arguments[i + 1]), ++i;
  }
  return order;
}

// The service manager starts this program again, with the same options behind "serve".
std::string service_command_line(const Arguments& arguments) {
  std::wstring self(32768, L'\0');
  self.resize(GetModuleFileNameW(nullptr, self.data(), DWORD(self.size())));
  std::string line = '"' + narrow(self) + "\" serve";
  for (std::size_t i = 1; i < arguments.size(); ++i) line += " \"" + arguments[i] + '"';
  return line;
}

int run(const Arguments& arguments) {
  if (arguments.size() < 2) throw std::runtime_error("usage: stand_in_service COMMAND SERVICE [option...]");
  const std::string& command = arguments[0];
  const std::string& service = arguments[1];
  const bool wait = arguments.back() != "--no-wait";
  if (command == "serve") return stand_in::serve(order_of(arguments).stand_in);
  if (command == "install")
    stand_in::install(service, service_command_line(arguments), order_of(arguments).start);
  else if (command == "remove")
    stand_in::remove(service);
  else if (command == "start")
    stand_in::start(service, wait);
  else if (command == "stop")
    stand_in::stop(service, wait);
  else if (command == "pause")
    stand_in::pause(service, wait);
  else if (command == "resume")
    stand_in::resume(service, wait);
  else if (command == "state")
    std::printf("%s\n", stand_in::state(service).c_str());
  else
    throw std::runtime_error("unknown command " + command);
  return 0;
}

}  // namespace

int wmain(int count, wchar_t** given) {
  Arguments arguments;
  for (int i = 1; i < count; ++i) arguments.push_back(narrow(given[i]));
  int status = 1;
  try {
    status = run(arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "stand_in_service: %s\n", error.what());
  }
  // Threads that still listen must not see this process's objects go.
  std::fflush(nullptr);
  ExitProcess(UINT(status));
}
