# Indexes, and the key space that they share with the users' keys.
target_sources(ashlar_test_support PRIVATE support/index_workload.cc)

ashlar_test(key_space)
ashlar_test(update)
ashlar_test(index_concurrency)
ashlar_test(index_crash)
ashlar_test(index_kill)
ashlar_test(index_model)
