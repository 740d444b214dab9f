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
