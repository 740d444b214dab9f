# Queries.
add_library(ashlar_query_model STATIC support/query_model.cc)
target_include_directories(ashlar_query_model PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(ashlar_query_model PRIVATE ashlar_flags ashlar_test_support)
ashlar_test(queries)
ashlar_test(query_limits)
ashlar_long_test(query_limits ASHLAR_FAULTS=3000)
ashlar_test(query_model)
target_link_libraries(query_model_test PRIVATE ashlar_query_model)
ashlar_long_test(query_model ASHLAR_ROUNDS=30)

# SQLite as a second evaluator, where it is installed.
find_path(ASHLAR_SQLITE_INCLUDE sqlite3.h)
find_library(ASHLAR_SQLITE_LIBRARY sqlite3)
if(ASHLAR_SQLITE_INCLUDE AND ASHLAR_SQLITE_LIBRARY)
  ashlar_test(sqlite_differential)
  target_sources(sqlite_differential_test PRIVATE support/sqlite_documents.cc)
  target_link_libraries(sqlite_differential_test PRIVATE ${ASHLAR_SQLITE_LIBRARY})
  ashlar_long_test(sqlite_differential ASHLAR_ROUNDS=300)
else()
  message(STATUS "sqlite_differential left out (no sqlite3.h or libsqlite3)")
endif()

ashlar_test(jsonpath)
target_compile_definitions(jsonpath_test PRIVATE
  ASHLAR_JSONPATH_CASES="${CMAKE_CURRENT_SOURCE_DIR}/data/jsonpath_cases.json")
