// The first program of a function's environment: starts keyturn with the libraries that lie beside it,
// whatever the system has. Linked statically, so that it needs nothing itself.
#include <unistd.h>

#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

constexpr const char* kLoaders[] = {"/lib/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"};
// Where Amazon Linux keeps its certificates; it renews them, what lies in the package stays as old as that.
constexpr const char* kSystemBundle = "/etc/pki/tls/certs/ca-bundle.crt";

char folder[PATH_MAX];  // without a '/' at its end

const char* in_folder(const char* rest) {
  static char paths[8][PATH_MAX + 64];
  static int used = 0;
  char* path = paths[used++];
  std::snprintf(path, sizeof paths[0], "%s%s", folder, rest);
  return path;
}

bool find_folder(const char* as_started) {
  const ssize_t size = ::readlink("/proc/self/exe", folder, sizeof folder - 1);
  if (size > 0)
    folder[size] = '\0';
  else
    std::snprintf(folder, sizeof folder, "%s", as_started);
  char* slash = std::strrchr(folder, '/');
  if (slash == nullptr) return false;
  *slash = '\0';
  return true;
}

// What is set already was meant.
void set_environment() {
  const bool has_system_bundle = ::access(kSystemBundle, R_OK) == 0;
  ::setenv("SSL_CERT_FILE", has_system_bundle ? kSystemBundle : in_folder("/etc/ca-bundle.crt"), 0);
  ::setenv("ODBCSYSINI", in_folder("/etc"), 0);
  ::setenv("GCONV_PATH", in_folder("/lib/gconv"), 0);
}

}  // namespace

int main(int, char** argv) {
  if (!find_folder(argv[0])) {
    std::fprintf(stderr, "bootstrap: start me by my full path\n");
    return 2;
  }
  set_environment();
  for (const char* loader : kLoaders) {
    const char* path = in_folder(loader);
    if (::access(path, X_OK) != 0) continue;
    ::execl(path, path, "--library-path", in_folder("/lib"), in_folder("/bin/keyturn"), "lambda", nullptr);
  }
  std::perror("bootstrap: keyturn can't be started");
  return 1;
}
