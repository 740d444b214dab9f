# One folder under src/ is one layer is one library target, which sees only the layers below it.
#
# A layer gets an include root of its own: a folder in the build tree that holds a link to that one
# source folder. So `#include "db/db.h"` in a layer that does not depend on db ends in "No such
# file". The test tests/layers_test.cmake bans the way around it and compares the table printed in
# ARCHITECTURE.md with this one.

set_property(GLOBAL PROPERTY ASHLAR_LAYERS "")
set(ASHLAR_SYSTEM_LIBRARIES ashlar_dep_isal ashlar_dep_xxhash ashlar_dep_lz4 ashlar_dep_zstd
  ashlar_dep_snappy ashlar_dep_simdjson ashlar_dep_re2 ashlar_dep_icu Threads::Threads)

# ashlar_layer(NAME DEPS below...): every .cc in src/NAME, and NAME_test from every _test.cc.
function(ashlar_layer name)
  cmake_parse_arguments(LAYER "" "" "DEPS" ${ARGN})
  set(folder ${PROJECT_SOURCE_DIR}/src/${name})
  set(root ${PROJECT_BINARY_DIR}/include-roots/${name})
  file(MAKE_DIRECTORY ${root})
  file(CREATE_LINK ${folder} ${root}/${name} SYMBOLIC)

  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cc)
  file(GLOB headers CONFIGURE_DEPENDS ${root}/${name}/*.h)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")

  if(NOT sources)  # a layer that has nothing yet
    file(WRITE ${PROJECT_BINARY_DIR}/empty_layer.cc "")
    set(sources ${PROJECT_BINARY_DIR}/empty_layer.cc)
  endif()
  add_library(ashlar_${name} STATIC ${sources})
  target_include_directories(ashlar_${name} PUBLIC ${root} ${PROJECT_SOURCE_DIR}/include)
  target_link_libraries(ashlar_${name} PRIVATE ashlar_flags PUBLIC ${ASHLAR_SYSTEM_LIBRARIES})
  ashlar_precompile(ashlar_${name})
  foreach(dep IN LISTS LAYER_DEPS)
    target_link_libraries(ashlar_${name} PUBLIC ashlar_${dep})
  endforeach()
  target_sources(ashlar_${name} PUBLIC FILE_SET private_headers TYPE HEADERS
    BASE_DIRS ${root} FILES ${headers})
  set_target_properties(ashlar_${name} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)

  set_property(GLOBAL APPEND PROPERTY ASHLAR_LAYERS ${name})
  list(JOIN LAYER_DEPS ", " deps)
  set_property(GLOBAL PROPERTY ASHLAR_LAYER_${name}_DEPS "${deps}")

  if(ASHLAR_TESTS AND tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE ashlar_${name} ashlar_flags GTest::gmock
      GTest::gtest_main)
    ashlar_precompile(${name}_test)
    add_test(NAME ${name} COMMAND ${name}_test)
    set_tests_properties(${name} PROPERTIES TIMEOUT 600)
    if(ASHLAR_SANITIZE STREQUAL "thread")
      # These have one thread, and would take longer than all others together.
      set_tests_properties(${name} PROPERTIES
        ENVIRONMENT "GTEST_FILTER=-*Faults*:TableDamageTest*:*ACacheSmallerThanARecord*")
    endif()
  endif()
endfunction()

# The library that is installed: the objects of all layers in one archive.
function(ashlar_library)
  get_property(layers GLOBAL PROPERTY ASHLAR_LAYERS)
  set(table "")
  add_library(ashlar STATIC)
  foreach(layer IN LISTS layers)
    target_sources(ashlar PRIVATE $<TARGET_OBJECTS:ashlar_${layer}>)
    get_property(deps GLOBAL PROPERTY ASHLAR_LAYER_${layer}_DEPS)
    string(APPEND table "${layer}: ${deps}\n")
  endforeach()
  file(WRITE ${PROJECT_BINARY_DIR}/layers.txt "${table}")

  file(GLOB public_headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/ashlar/*.h)
  target_sources(ashlar PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/include
    FILES ${public_headers})
  target_compile_features(ashlar PUBLIC cxx_std_20)
  set_target_properties(ashlar PROPERTIES LINKER_LANGUAGE CXX)
  foreach(library IN LISTS ASHLAR_SYSTEM_LIBRARIES)
    target_link_libraries(ashlar PUBLIC $<BUILD_INTERFACE:${library}>)
  endforeach()
  add_library(Ashlar::ashlar ALIAS ashlar)
endfunction()
