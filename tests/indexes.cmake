# Indexes, and the key space that they share with the users' keys.
target_sources(ashlar_test_support PRIVATE support/index_workload.cc)

ashlar_test(key_space)
ashlar_test(update)
ashlar_test(index_concurrency)
ashlar_long_test(index_concurrency ASHLAR_MS=10000)
ashlar_test(index_crash)
ashlar_long_test(index_crash ASHLAR_IMAGES=20000)
ashlar_test(index_kill)
ashlar_long_test(index_kill ASHLAR_CYCLES=100)
ashlar_test(index_model)
ashlar_long_test(index_model ASHLAR_OPS=100000)

# What only the program and this writer show, computed again by Python and SQLite.
if(ASHLAR_TOOLS)
  add_executable(documents_writer documents_writer.cc)
  target_link_libraries(documents_writer PRIVATE ashlar_test_support ashlar_flags)
  set(documents_check ${CMAKE_CURRENT_SOURCE_DIR}/documents_check.py $<TARGET_FILE:ashlar_program>
    $<TARGET_FILE:documents_writer>)
  add_test(NAME documents_check COMMAND python3 ${documents_check})
  set_tests_properties(documents_check PROPERTIES TIMEOUT 600 COST 100)
  if(ASHLAR_SANITIZE)
    set_tests_properties(documents_check PROPERTIES
      ENVIRONMENT "ASHLAR_CYCLES=2;ASHLAR_DOCUMENTS=3000")
  endif()
  if(ASHLAR_SANITIZE STREQUAL "thread")
    set_tests_properties(documents_check PROPERTIES
      ENVIRONMENT "ASHLAR_CYCLES=1;ASHLAR_DOCUMENTS=1000")
  endif()
  add_test(NAME documents_check-long COMMAND python3 ${documents_check})
  set_tests_properties(documents_check-long PROPERTIES TIMEOUT 3000 LABELS long
    ENVIRONMENT "ASHLAR_CYCLES=30;ASHLAR_DOCUMENTS=120000")
endif()
