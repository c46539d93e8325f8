# The flags that every target of the project shares, on an interface library.
add_library(yardmaster_options INTERFACE)
target_include_directories(yardmaster_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(yardmaster_options INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wold-style-cast $<$<BOOL:${YARDMASTER_WERROR}>:-Werror>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # g++ 12 sees overlaps and overflows in std::string that are not there (GCC bug 105651), and with
  # sanitizers a mismatch of the operators that a coroutine's frame is made and freed with.
  target_compile_options(yardmaster_options INTERFACE
    -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds -Wno-mismatched-new-delete)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # std::stable_sort of g++ 12's library uses what that library calls deprecated.
  target_compile_options(yardmaster_options INTERFACE -Wno-deprecated-declarations)
endif()
target_compile_definitions(yardmaster_options INTERFACE
  BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_ARRAY YARDMASTER_VERSION="${PROJECT_VERSION}")
target_link_libraries(yardmaster_options INTERFACE Threads::Threads)
if(YARDMASTER_SANITIZE)
  target_compile_options(yardmaster_options INTERFACE
    -fsanitize=${YARDMASTER_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(yardmaster_options INTERFACE -fsanitize=${YARDMASTER_SANITIZE})
  target_compile_definitions(yardmaster_options INTERFACE YARDMASTER_SANITIZED)
  if(YARDMASTER_SANITIZE MATCHES "thread")
    # Asio puts fences, which ThreadSanitizer does not see, around handlers that its mutex orders too.
    target_compile_options(yardmaster_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
  endif()
endif()

if(YARDMASTER_FUZZER)
  # The counters that tell a fuzzer which input is new; clang only.
  target_compile_options(yardmaster_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

include(precompiled_headers)
include(header_check)

# Sources are compiled in batches, so that a header is read once per batch and not once per file. The
# preset `dev` compiles each file by itself, and each header too: batches hide a missing include.
option(YARDMASTER_UNITY "Compile the sources of a target in batches" ON)
set(YARDMASTER_UNITY_BATCH 12 CACHE STRING "How many sources make a batch")
set(CMAKE_UNITY_BUILD ${YARDMASTER_UNITY})
if(YARDMASTER_UNITY)
  # In a batch a source is an included file, and g++ takes what it keeps to itself for a header's.
  # clang's batches are so large that a local name often is one that another source keeps to itself.
  target_compile_options(yardmaster_options INTERFACE
    $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage> $<$<CXX_COMPILER_ID:Clang>:-Wno-shadow>)
endif()
set(CMAKE_UNITY_BUILD_BATCH_SIZE ${YARDMASTER_UNITY_BATCH})

# yardmaster_sources(VARIABLE FOLDER...): every *.cpp of these folders, below the calling one. A main.cpp
# belongs to a program, not to a library.
function(yardmaster_sources variable)
  list(TRANSFORM ARGN APPEND "/*.cpp" OUTPUT_VARIABLE patterns)
  file(GLOB sources CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} ${patterns})
  list(FILTER sources EXCLUDE REGEX "(^|/)main\\.cpp$")
  set(${variable} ${sources} PARENT_SCOPE)
endfunction()

# yardmaster_library(NAME [FOLDERS ...] [SOURCES ...] [LIBRARIES ...]): a static library with the shared
# flags, made of what its folders hold (by default the calling one) and of generated SOURCES.
function(yardmaster_library name)
  cmake_parse_arguments(ARG "" "" "FOLDERS;SOURCES;LIBRARIES" ${ARGN})
  if(NOT ARG_FOLDERS)
    set(ARG_FOLDERS .)
  endif()
  yardmaster_sources(sources ${ARG_FOLDERS})
  add_library(${name} STATIC ${sources} ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC yardmaster_options ${ARG_LIBRARIES})
  yardmaster_use_precompiled_header(${name} yardmaster_headers)
  yardmaster_check_headers(${name} ${ARG_FOLDERS})
endfunction()

# Linking anew is most of what waits for a changed source.
find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM AND NOT YARDMASTER_SANITIZE)
  target_link_options(yardmaster_options INTERFACE -fuse-ld=mold)
endif()
