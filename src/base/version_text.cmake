# Run at each build: cmake -DROOT=… -DOUT=… -DKEYTURN_VERSION=… -DKEYTURN_COMPILER=… -P version_text.cmake
# Writes OUT, the source file that says what the program is built from. It is touched only when that has changed.

# What goes into the program; a change elsewhere (a test, a document) does not count.
set(inputs src cmake CMakeLists.txt CMakePresets.json)

function(git output)
  # Sources of another owner are none of git's business here; --no-optional-locks: others may be at work in the tree.
  execute_process(COMMAND git -c safe.directory=${ROOT} --no-optional-locks -C ${ROOT} ${ARGN}
                  RESULT_VARIABLE status OUTPUT_VARIABLE text ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(NOT status EQUAL 0)
    set(text "failed")
  endif()
  set(${output} "${text}" PARENT_SCOPE)
endfunction()

# "HASH DATE", put there by `git archive` (.gitattributes).
file(READ ${CMAKE_CURRENT_LIST_DIR}/revision.txt archived)
string(STRIP "${archived}" archived)

set(KEYTURN_SOURCE "sources without a revision")
if(EXISTS ${ROOT}/.git)
  git(revision log -1 "--format=%H of %cs")
  git(changes status --porcelain -- ${inputs})
  if(NOT revision STREQUAL "failed")
    set(KEYTURN_SOURCE "revision ${revision}")
    if(changes)
      string(APPEND KEYTURN_SOURCE ", changed")
    endif()
  endif()
elseif(archived MATCHES "^[0-9a-f]+ of [0-9-]+$")
  set(KEYTURN_SOURCE "an archive of revision ${archived}")
endif()

configure_file(${CMAKE_CURRENT_LIST_DIR}/version_text.cc.in ${OUT} @ONLY)  # leaves an equal file alone
