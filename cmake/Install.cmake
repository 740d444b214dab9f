# What `cmake --install` and CPack hand out: the library, its headers, and what lets CMake and
# pkg-config find them. The programs' own files are installed by tools/CMakeLists.txt.
#
# The library is static, so whoever links it links what it uses; both ways of finding Ashlar name
# these libraries by their pkg-config modules.
include(CMakePackageConfigHelpers)

set(ASHLAR_PKGCONFIG_MODULES libisal libxxhash liblz4 libzstd snappy simdjson re2 icu-i18n)
set(ASHLAR_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/Ashlar)

target_link_libraries(ashlar INTERFACE
  $<INSTALL_INTERFACE:PkgConfig::ashlar_libraries> $<INSTALL_INTERFACE:Threads::Threads>)

install(TARGETS ashlar EXPORT AshlarTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT AshlarTargets NAMESPACE Ashlar:: DESTINATION ${ASHLAR_CMAKE_DIR})

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/AshlarConfig.cmake.in
  ${PROJECT_BINARY_DIR}/AshlarConfig.cmake INSTALL_DESTINATION ${ASHLAR_CMAKE_DIR})
# Before 1.0, a minor version may change the interface.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/AshlarConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/AshlarConfig.cmake
  ${PROJECT_BINARY_DIR}/AshlarConfigVersion.cmake DESTINATION ${ASHLAR_CMAKE_DIR})

# The .pc file finds its prefix from where it lies, so that the installed tree can be moved.
file(RELATIVE_PATH ASHLAR_PC_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" ASHLAR_PC_PREFIX ${ASHLAR_PC_PREFIX})
list(JOIN ASHLAR_PKGCONFIG_MODULES ", " ASHLAR_PC_REQUIRES)
configure_file(${CMAKE_CURRENT_LIST_DIR}/ashlar.pc.in ${PROJECT_BINARY_DIR}/ashlar.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/ashlar.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

# cpack -G DEB: one package with the library, the headers and the programs.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME ashlar)
set(CPACK_PACKAGE_CONTACT "The Ashlar authors")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION database)
find_program(ASHLAR_SHLIBDEPS dpkg-shlibdeps)  # package dpkg-dev
if(ASHLAR_SHLIBDEPS)
  set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
endif()
set(CPACK_DEBIAN_PACKAGE_DEPENDS
  "libisal-dev, libxxhash-dev, liblz4-dev, libzstd-dev, libsnappy-dev, libsimdjson-dev, libre2-dev, libicu-dev, pkg-config")
include(CPack)
