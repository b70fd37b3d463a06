# Every library comes from Debian; docs/decisions says why each is used.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(ZLIB REQUIRED)
find_package(PostgreSQL REQUIRED)
find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)
find_package(pugixml REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
pkg_check_modules(libcbor REQUIRED IMPORTED_TARGET libcbor)
pkg_check_modules(re2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(libzip REQUIRED IMPORTED_TARGET libzip)
# Its -pthread would make targets that link it differ from the precompiled header; the C library has its threads built in.
set_target_properties(PkgConfig::re2 PROPERTIES INTERFACE_COMPILE_OPTIONS "")

# RocksDB is linked statically: its C++ interface has no stable binary form.
find_library(ROCKSDB_ARCHIVE NAMES librocksdb.a REQUIRED)
find_library(SNAPPY_LIBRARY snappy REQUIRED)
find_library(LZ4_LIBRARY lz4 REQUIRED)
find_library(BZ2_LIBRARY bz2 REQUIRED)
find_library(ZSTD_LIBRARY zstd REQUIRED)
set(CUMULET_ROCKSDB ${ROCKSDB_ARCHIVE} ${SNAPPY_LIBRARY} ${LZ4_LIBRARY} ${BZ2_LIBRARY} ${ZSTD_LIBRARY} ZLIB::ZLIB
    Threads::Threads ${CMAKE_DL_LIBS})

# The program's allocator, unless a sanitizer brings its own: a call's memory often ends on another thread (the commit
# thread's) or together with that of many other calls, where the C library's allocator costs several times as much.
find_library(JEMALLOC_LIBRARY jemalloc REQUIRED)
set(CUMULET_ALLOCATOR)
if(NOT CUMULET_SANITIZE)
  set(CUMULET_ALLOCATOR -Wl,--no-as-needed ${JEMALLOC_LIBRARY} -Wl,--as-needed)
endif()
