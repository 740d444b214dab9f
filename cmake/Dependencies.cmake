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

# Snappy ships no pkg-config file, only a CMake package.
find_package(Snappy REQUIRED)
add_library(ashlar_dep_snappy INTERFACE)
target_link_libraries(ashlar_dep_snappy INTERFACE Snappy::snappy)

if(ASHLAR_TESTS)
  find_package(GTest REQUIRED)
endif()
