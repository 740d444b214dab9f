# Precompiled headers, for builds that are made again and again (presets dev, asan and tsan): a third
# of a file's time goes into the standard library's headers. The preset clang does without, so that
# a file that forgets an include is found.
option(ASHLAR_PRECOMPILE "compile the standard library's headers once" OFF)

set(ASHLAR_PRECOMPILED_HEADERS <algorithm> <array> <atomic> <chrono> <condition_variable> <cstdint>
  <deque> <functional> <map> <memory> <memory_resource> <mutex> <optional>
  <shared_mutex> <span> <string> <string_view> <thread> <unordered_map> <utility>
  <variant> <vector>)

# With them GCC 12 takes the standard library's own lines for ours, and warns of strings.
if(ASHLAR_PRECOMPILE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(ashlar_flags INTERFACE
    -Wno-array-bounds -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread)
endif()

# ashlar_precompile(TARGET): the first library and the first test that ask for it compile the
# headers, with position-independent code of their kind; all others use what those made.
function(ashlar_precompile target)
  if(NOT ASHLAR_PRECOMPILE)
    return()
  endif()
  get_target_property(type ${target} TYPE)
  get_property(owner GLOBAL PROPERTY ASHLAR_PRECOMPILED_FOR_${type})
  if(owner)
    target_precompile_headers(${target} REUSE_FROM ${owner})
    return()
  endif()
  set(headers ${ASHLAR_PRECOMPILED_HEADERS})
  if(type STREQUAL "EXECUTABLE")
    list(APPEND headers <gmock/gmock.h> <gtest/gtest.h>)
  endif()
  target_precompile_headers(${target} PRIVATE ${headers})
  set_property(GLOBAL PROPERTY ASHLAR_PRECOMPILED_FOR_${type} ${target})
endfunction()
