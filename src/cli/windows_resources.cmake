# Version, manifest and event texts of keyturn.exe.
find_program(WINDMC x86_64-w64-mingw32-windmc REQUIRED)
set(events ${CMAKE_CURRENT_SOURCE_DIR}/resources/events.mc)
configure_file(resources/keyturn.manifest keyturn.manifest @ONLY)
configure_file(resources/keyturn.rc.in keyturn.rc @ONLY)
add_custom_command(OUTPUT events.rc MSG00409.bin DEPENDS ${events} VERBATIM
  COMMAND ${WINDMC} --headerdir=. --rcdir=. ${events})
target_sources(keyturn PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/keyturn.rc)
target_include_directories(keyturn PRIVATE ${CMAKE_CURRENT_BINARY_DIR})
set_source_files_properties(${CMAKE_CURRENT_BINARY_DIR}/keyturn.rc PROPERTIES OBJECT_DEPENDS
  "${CMAKE_CURRENT_BINARY_DIR}/events.rc;${CMAKE_CURRENT_BINARY_DIR}/MSG00409.bin;${CMAKE_CURRENT_BINARY_DIR}/keyturn.manifest")
