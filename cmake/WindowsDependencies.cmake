# For Windows the libraries are the same Debian packages, as far as they are headers alone; TLS, HTTP, XML, digests and
# ODBC are Windows's own. /usr/include as a whole holds Linux's headers, so the folders that are meant are linked into
# the build tree.
set(headers ${CMAKE_BINARY_DIR}/headers)
file(MAKE_DIRECTORY ${headers})
foreach(folder nlohmann fmt spdlog CLI toml++ tl)
  if(NOT EXISTS /usr/include/${folder})
    message(FATAL_ERROR "/usr/include/${folder} is missing: run tools/setup.sh")
  endif()
  file(CREATE_LINK /usr/include/${folder} ${headers}/${folder} SYMBOLIC)
endforeach()

function(keyturn_headers_only target)
  add_library(${target} INTERFACE IMPORTED GLOBAL)
  target_include_directories(${target} SYSTEM INTERFACE ${headers})
  target_compile_definitions(${target} INTERFACE ${ARGN})
endfunction()
keyturn_headers_only(nlohmann_json::nlohmann_json)
keyturn_headers_only(tl::expected)
keyturn_headers_only(CLI11::CLI11)
keyturn_headers_only(PkgConfig::TOMLPLUSPLUS)
keyturn_headers_only(fmt::fmt FMT_HEADER_ONLY)
keyturn_headers_only(spdlog::spdlog FMT_HEADER_ONLY SPDLOG_FMT_EXTERNAL)

find_package(Threads REQUIRED)
add_subdirectory(/usr/src/googletest ${CMAKE_BINARY_DIR}/googletest EXCLUDE_FROM_ALL SYSTEM)
