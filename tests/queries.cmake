# Queries.
add_library(ashlar_query_model STATIC support/query_model.cc)
target_include_directories(ashlar_query_model PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(ashlar_query_model PRIVATE ashlar_flags ashlar_test_support)
ashlar_test(queries)
ashlar_test(query_model)
target_link_libraries(query_model_test PRIVATE ashlar_query_model)
ashlar_long_test(query_model ASHLAR_ROUNDS=100)
