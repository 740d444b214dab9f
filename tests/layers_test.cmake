# Guards the layers. Run by CTest:
#
#   cmake -D SOURCES=… -D BUILD=… -P tests/layers_test.cmake
#
# 1. No file includes "../…", the one way around the include roots of cmake/Layers.cmake.
# 2. The table between the marks <!-- layers --> and <!-- /layers --> in ARCHITECTURE.md is the one
#    that the build uses. Its rows: | `layer` | anything | layers it may include, by commas |
cmake_minimum_required(VERSION 3.25)
set(problems "")

file(GLOB_RECURSE files ${SOURCES}/src/*.h ${SOURCES}/src/*.cc ${SOURCES}/include/*.h
  ${SOURCES}/tools/*.h ${SOURCES}/tools/*.cc ${SOURCES}/tests/*.h ${SOURCES}/tests/*.cc
  ${SOURCES}/fuzz/*.h ${SOURCES}/fuzz/*.cc ${SOURCES}/bench/*.h ${SOURCES}/bench/*.cc)
foreach(file IN LISTS files)
  file(STRINGS ${file} lines REGEX "^[ \t]*#[ \t]*include[ \t]*[\"<]\\.\\./")
  if(lines)
    string(APPEND problems "  ${file} goes around the layers: ${lines}\n")
  endif()
endforeach()

# "name: dep, dep" for each layer, in the build's order.
file(STRINGS ${BUILD}/layers.txt built)
set(expected "")
foreach(line IN LISTS built)
  string(STRIP "${line}" line)
  list(APPEND expected "${line}")
endforeach()

set(printed "")
if(NOT EXISTS ${SOURCES}/ARCHITECTURE.md)
  string(APPEND problems "  there is no ARCHITECTURE.md\n")
else()
  file(READ ${SOURCES}/ARCHITECTURE.md text)
  # Lists split at semicolons, and brackets keep them from doing so.
  string(REGEX REPLACE "[][;]" "" text "${text}")
  if(text MATCHES "<!-- layers -->(.*)<!-- /layers -->")
    string(REPLACE "\n" ";" rows "${CMAKE_MATCH_1}")
    foreach(row IN LISTS rows)
      if(row MATCHES "^\\| *`([a-z_]+)` *\\|(.*\\|)? *([^|]*) *\\|$")
        set(name ${CMAKE_MATCH_1})
        string(REGEX REPLACE "[`–—-]" "" deps "${CMAKE_MATCH_3}")
        string(STRIP "${name}: ${deps}" line)
        list(APPEND printed "${line}")
      endif()
    endforeach()
  else()
    string(APPEND problems
      "  ARCHITECTURE.md has no table between <!-- layers --> and <!-- /layers -->\n")
  endif()
endif()

foreach(line IN LISTS expected)
  if(NOT line IN_LIST printed)
    string(APPEND problems "  the build has '${line}', ARCHITECTURE.md's table does not\n")
  endif()
endforeach()
foreach(line IN LISTS printed)
  if(NOT line IN_LIST expected)
    string(APPEND problems "  ARCHITECTURE.md's table has '${line}', the build does not\n")
  endif()
endforeach()

if(problems)
  message(FATAL_ERROR "The layers are not kept:\n${problems}")
endif()
