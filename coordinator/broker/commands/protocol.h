// The wire: requests, replies and events as JSON objects, one per frame. No I/O. Any thread.
//
//   {"id":7,"command":"ping","args":{}}
//   {"id":7,"success":true,"data":{…}}
//   {"id":7,"success":false,"error":"text","code":"not_found"}     (+ "expected_seq" for gaps)
//   {"event":"message","data":{…}}
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "coordinator/base/clock.h"
#include "coordinator/base/error.h"

namespace yardmaster {

inline constexpr std::size_t max_frame_bytes = std::size_t{1} << 20U;
inline constexpr std::size_t max_requests_in_flight = 1024;
// Of a request, keys included: more than any command takes, and few enough to be read in passing.
inline constexpr std::size_t max_frame_values = 16'384;

struct RequestFrame {
  std::string id;  // as JSON text; empty: none was given
  std::string command;
  nlohmann::json arguments = nlohmann::json::object();
};

// Throws invalid_json, too_deep or invalid_request; `request.id` is filled in as far as it is known
// by then, so that the error can be told to the right request.
void parse_request(std::string_view frame, RequestFrame& request);

// `id` and `data` are JSON text; an empty id is left out.
void append_success(std::string& out, std::string_view id, std::string_view data);
void append_failure(std::string& out, std::string_view id, const Error& error);
void append_event(std::string& out, std::string_view event, std::string_view data);

// RFC 3339 in UTC with microseconds: 2026-01-31T12:00:00.000001Z.
std::string format_time(WallTime time);

}  // namespace yardmaster
