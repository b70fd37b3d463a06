# Compiler flags, the linker and the compiler cache.

add_compile_options(-Wall -Wextra -Wno-unused-parameter -Wno-missing-field-initializers -Wno-invalid-offsetof
                    -fno-omit-frame-pointer -ffile-prefix-map=${CMAKE_SOURCE_DIR}=. -Xclang -fno-pch-timestamp)
add_link_options(-fuse-ld=lld-19)
# Assertions stay on in release: they say that Cumulet itself broke.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")
# Most of starting is relocating: half of it in the packed form.
add_link_options($<$<CONFIG:Release>:-Wl,-z,pack-relative-relocs>)
add_link_options($<$<CONFIG:Release>:-Wl,--gc-sections> $<$<CONFIG:Release>:-Wl,--icf=safe>)
add_compile_options($<$<CONFIG:Release>:-ffunction-sections> $<$<CONFIG:Release>:-fdata-sections>)

if(CUMULET_SANITIZE)
  add_compile_options(-fsanitize=${CUMULET_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${CUMULET_SANITIZE})
endif()
if(CUMULET_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# One cache for every checkout: paths are relative (so the precompiled header is named once, by an option that ccache
# understands), and a precompiled header counts by what it was made from.
set(CMAKE_CXX_COMPILE_OPTIONS_USE_PCH -Winvalid-pch -include-pch <PCH_FILE>)
find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime CCACHE_PCH_EXTSUM=1
      ${CCACHE})
endif()
