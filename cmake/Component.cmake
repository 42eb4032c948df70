# The files of a folder and of its folders linux/ and windows/ that this system's build takes:
#   *_linux.cc and linux/      for Linux alone
#   *_windows.cc               for Windows alone
#   all others                 for both, what stands in windows/ too: its logic is tested on Linux as well
# RapidCheck is there for Linux only, and with it the tests that use it.
function(keyturn_sources sources tests)
  file(GLOB all CONFIGURE_DEPENDS *.cc linux/*.cc windows/*.cc)
  if(WIN32)
    list(FILTER all EXCLUDE REGEX "(_linux(_test)?\\.cc|/linux/[^/]*)$")
  else()
    list(FILTER all EXCLUDE REGEX "_windows(_test)?\\.cc$")
  endif()
  list(FILTER all EXCLUDE REGEX "/main(_linux|_windows)?\\.cc$")
  set(found_tests ${all})
  list(FILTER found_tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER all EXCLUDE REGEX "_test\\.cc$")
  if(WIN32)
    foreach(test IN LISTS found_tests)
      file(STRINGS ${test} needs_rapidcheck REGEX "#include <rapidcheck")
      if(needs_rapidcheck)
        list(REMOVE_ITEM found_tests ${test})
      endif()
    endforeach()
  endif()
  set(${sources} ${all} PARENT_SCOPE)
  set(${tests} ${found_tests} PARENT_SCOPE)
endfunction()

# keyturn_component(NAME DEPS lib...): the folder's *.cc become the library keyturn_NAME, its *_test.cc the test
# program keyturn_NAME_test. Every *_test.cc of the folder is in it: none can fall out of the build unnoticed.
# What only Linux links goes behind LINUX_DEPS, what only Windows links behind WINDOWS_DEPS. Tests that stand on the
# simulated world (TEST_DEPS keyturn_sim) are for Linux, where that world is.
function(keyturn_component name)
  cmake_parse_arguments(ARG "" "" "DEPS;LINUX_DEPS;WINDOWS_DEPS;TEST_DEPS" ${ARGN})
  keyturn_sources(sources tests)
  if(WIN32)
    list(APPEND ARG_DEPS ${ARG_WINDOWS_DEPS})
  else()
    list(APPEND ARG_DEPS ${ARG_LINUX_DEPS})
  endif()
  if(sources)
    add_library(keyturn_${name} STATIC ${sources})
    target_link_libraries(keyturn_${name} PUBLIC keyturn_settings ${ARG_DEPS})
  else()
    add_library(keyturn_${name} INTERFACE)
    target_link_libraries(keyturn_${name} INTERFACE keyturn_settings ${ARG_DEPS})
  endif()
  if(WIN32 AND "keyturn_sim" IN_LIST ARG_TEST_DEPS)
    set(tests "")
  endif()
  if(tests)
    keyturn_test(keyturn_${name}_test SOURCES ${tests} DEPS keyturn_${name} ${ARG_TEST_DEPS})
  endif()
endfunction()

# keyturn_test(NAME SOURCES file... DEPS lib...): one GoogleTest program, its cases known to ctest one by one. Those
# for Windows are run under Wine by tests/windows.
function(keyturn_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} GTest::gtest GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE KEYTURN_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  if(NOT WIN32)
    target_link_libraries(${name} PRIVATE rapidcheck)
    gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 1800)
  endif()
endfunction()
