# The heavy headers (the standard library, nlohmann/json, Asio, GoogleTest) are compiled once for
# all libraries and programs and once for all tests. No source relies on it: everything still
# includes what it uses, and YARDMASTER_PCH=OFF, which clang-tidy needs, builds the same.
option(YARDMASTER_PCH "Precompile the heavy headers" ON)

set(YARDMASTER_COMMON_HEADERS
  <algorithm> <array> <atomic> <chrono> <cstdint> <filesystem> <functional> <map> <memory> <mutex>
  <optional> <span> <string> <string_view> <thread> <unordered_map> <utility> <variant> <vector>
  <nlohmann/json.hpp>)
set(YARDMASTER_ASIO_HEADERS
  <boost/asio/awaitable.hpp> <boost/asio/co_spawn.hpp> <boost/asio/io_context.hpp>
  <boost/asio/local/stream_protocol.hpp> <boost/asio/posix/stream_descriptor.hpp>
  <boost/asio/read.hpp> <boost/asio/signal_set.hpp> <boost/asio/steady_timer.hpp>
  <boost/asio/use_awaitable.hpp> <boost/asio/write.hpp>)

# A library whose only purpose is to own a precompiled header.
function(yardmaster_precompiled_header name)
  cmake_parse_arguments(ARG "" "" "HEADERS;LIBRARIES" ${ARGN})
  set(source ${CMAKE_BINARY_DIR}/${name}.cpp)
  file(CONFIGURE OUTPUT ${source} CONTENT "")
  add_library(${name} OBJECT ${source})
  target_link_libraries(${name} PRIVATE yardmaster_options ${ARG_LIBRARIES})
  target_precompile_headers(${name} PRIVATE ${ARG_HEADERS})
endfunction()

# yardmaster_use_precompiled_header(TARGET NAME)
function(yardmaster_use_precompiled_header target name)
  if(YARDMASTER_PCH)
    target_precompile_headers(${target} REUSE_FROM ${name})
  endif()
endfunction()

if(YARDMASTER_PCH)
  # ccache keeps up with precompiled headers only when told so.
  if(CCACHE_PROGRAM)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE_PROGRAM})
  endif()
  target_compile_options(yardmaster_options INTERFACE
    $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess> -Winvalid-pch)
  yardmaster_precompiled_header(yardmaster_headers
    HEADERS ${YARDMASTER_COMMON_HEADERS} ${YARDMASTER_ASIO_HEADERS}
    LIBRARIES Boost::headers nlohmann_json::nlohmann_json)
endif()
