set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

# address+undefined (dev), thread (tsan), or empty (release).
set(KEYTURN_SANITIZE "" CACHE STRING "Sanitizers to build with, as -fsanitize= takes them")
option(KEYTURN_HARDEN "Hardening flags of a release build" OFF)

add_library(keyturn_settings INTERFACE)
target_compile_options(keyturn_settings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wcast-align
  -Woverloaded-virtual -Wimplicit-fallthrough -Werror)
# GCC 12 warns of overlapping copies inside std::string's own operator+ (GCC bug 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(keyturn_settings INTERFACE -Wno-restrict)
endif()
target_include_directories(keyturn_settings INTERFACE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR})

if(KEYTURN_SANITIZE)
  # GCC 12 sees uninitialised std::variant and std::optional members wherever a sanitizer instruments them.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(keyturn_settings INTERFACE -Wno-maybe-uninitialized)
  endif()
  target_compile_options(keyturn_settings INTERFACE
    -fsanitize=${KEYTURN_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(keyturn_settings INTERFACE -fsanitize=${KEYTURN_SANITIZE})
endif()
if(KEYTURN_HARDEN OR WIN32)
  # What is shipped: the same sources give the same bytes, wherever they lie and whenever they are built.
  target_compile_options(keyturn_settings INTERFACE -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)
endif()
if(WIN32)
  # Windows 10 and Server 2016 are the oldest that are served. One file that needs no other: -static.
  target_compile_definitions(keyturn_settings INTERFACE
    _WIN32_WINNT=0x0A00 WINVER=0x0A00 UNICODE _UNICODE NOMINMAX WIN32_LEAN_AND_MEAN)
  target_compile_options(keyturn_settings INTERFACE -ffunction-sections -fdata-sections)
  target_link_options(keyturn_settings INTERFACE -static -Wl,--gc-sections)
  target_link_options(keyturn_settings INTERFACE -Wl,--no-insert-timestamp)
  if(KEYTURN_HARDEN)
    target_compile_options(keyturn_settings INTERFACE -fstack-protector-strong -fcf-protection)
    target_link_options(keyturn_settings INTERFACE
      -fstack-protector-strong -Wl,--dynamicbase,--nxcompat,--high-entropy-va)
  endif()
elseif(KEYTURN_HARDEN)
  target_compile_options(keyturn_settings INTERFACE
    -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection -fcf-protection -fPIE)
  target_link_options(keyturn_settings INTERFACE -pie -Wl,-z,relro,-z,now,-z,noexecstack)
endif()
