# Checks of the project rather than of the engine: layers, documents, installation, scripts.
add_test(NAME layers COMMAND ${CMAKE_COMMAND} -D SOURCES=${PROJECT_SOURCE_DIR}
  -D BUILD=${PROJECT_BINARY_DIR} -P ${CMAKE_CURRENT_LIST_DIR}/layers_test.cmake)

add_test(NAME documents COMMAND ${CMAKE_CURRENT_LIST_DIR}/documents_test ${PROJECT_SOURCE_DIR})

# A sanitizer's run-time library would have to be linked by the consumer too.
if(NOT ASHLAR_SANITIZE AND NOT ASHLAR_FUZZ)
  add_test(NAME install COMMAND ${CMAKE_CURRENT_LIST_DIR}/install_test ${PROJECT_SOURCE_DIR}
    ${PROJECT_BINARY_DIR} ${PROJECT_BINARY_DIR}/install-test)
  set_tests_properties(install PROPERTIES TIMEOUT 300)
endif()
