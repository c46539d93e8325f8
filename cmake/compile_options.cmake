# The flags that every target of the project shares, on an interface library.
add_library(yardmaster_options INTERFACE)
target_include_directories(yardmaster_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(yardmaster_options INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wold-style-cast $<$<BOOL:${YARDMASTER_WERROR}>:-Werror>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # g++ 12 sees overlaps and overflows in std::string that are not there (GCC bug 105651), and with
  # sanitizers a mismatch of the operators that a coroutine's frame is made and freed with.
  target_compile_options(yardmaster_options INTERFACE
    -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds -Wno-mismatched-new-delete)
endif()
target_compile_definitions(yardmaster_options INTERFACE
  BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_ARRAY YARDMASTER_VERSION="${PROJECT_VERSION}")
target_link_libraries(yardmaster_options INTERFACE Threads::Threads)
if(YARDMASTER_SANITIZE)
  target_compile_options(yardmaster_options INTERFACE
    -fsanitize=${YARDMASTER_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(yardmaster_options INTERFACE -fsanitize=${YARDMASTER_SANITIZE})
  target_compile_definitions(yardmaster_options INTERFACE YARDMASTER_SANITIZED)
endif()

include(precompiled_headers)

# yardmaster_library(NAME SOURCES ... LIBRARIES ...): a static library with the shared flags.
function(yardmaster_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC yardmaster_options ${ARG_LIBRARIES})
  yardmaster_use_precompiled_header(${name} yardmaster_headers)
endfunction()
