# Every library that Ashlar links, once. docs/DEPENDENCIES.md has the reasons; scripts/dependencies
# installs the packages.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)

# ashlar_dependency(NAME pkg-config-module): an imported target ashlar_dep_NAME.
function(ashlar_dependency name module)
  pkg_check_modules(ashlar_pc_${name} REQUIRED IMPORTED_TARGET ${module})
  add_library(ashlar_dep_${name} INTERFACE)
  target_link_libraries(ashlar_dep_${name} INTERFACE PkgConfig::ashlar_pc_${name})
endfunction()

ashlar_dependency(isal libisal)      # CRC32C
ashlar_dependency(xxhash libxxhash)  # hash of keys
ashlar_dependency(lz4 liblz4)
ashlar_dependency(zstd libzstd)
ashlar_dependency(simdjson simdjson)  # JSON text
ashlar_dependency(re2 re2)            # patterns in filters
ashlar_dependency(icu icu-i18n)       # collation of strings in indexes

# Snappy ships no pkg-config file, only a CMake package.
find_package(Snappy REQUIRED)
add_library(ashlar_dep_snappy INTERFACE)
target_link_libraries(ashlar_dep_snappy INTERFACE Snappy::snappy)

# The grammar of filters in text; headers alone, seen by the one file that includes them.
find_path(ASHLAR_PEGTL_INCLUDE tao/pegtl.hpp REQUIRED)
add_library(ashlar_dep_pegtl INTERFACE)
target_include_directories(ashlar_dep_pegtl SYSTEM INTERFACE ${ASHLAR_PEGTL_INCLUDE})

if(ASHLAR_TESTS)
  find_package(GTest REQUIRED)
endif()
