// keyturn_net_probe URL [PEM-BUNDLE]: posts "secret-body" through the system's transport and prints what came
// of it, "200 BODY" or "none|applied|unknown KIND: SENTENCE". Tests under Wine run it against servers of
// theirs.
#include <cstdio>

#include "base/wide_windows.h"
#include "net/system_transport.h"

int wmain(int count, wchar_t** arguments) {
  using namespace keyturn;
  if (count < 2) return 2;
  net::HttpRequest request;
  request.method = "POST";
  request.url = narrow(arguments[1]);
  request.headers = {{"X-Secret-Header", "1"}};
  request.body = "secret-body";
  request.timeout = Duration{20'000};
  const auto response =
      net::system_transport({count > 2 ? narrow(arguments[2]) : "", "keyturn"})->send(std::move(request));
  if (response)
    std::printf("%d %s\n", response->status, response->body.c_str());
  else
    std::printf("%s %s: %s\n", to_string(response.error().effect), to_string(response.error().kind),
                response.error().sentence().c_str());
  return response ? 0 : 1;
}
