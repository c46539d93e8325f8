// These benchmarks show what a request costs before the store sees it, and its reply after: the
// flat reader against the general parser on the same append_context.
#include <string>

#include <benchmark/benchmark.h>

#include "coordinator/base/json.h"
#include "coordinator/broker/commands/append_frame.h"
#include "coordinator/broker/commands/protocol.h"

namespace yardmaster {
namespace {

std::string append_request(std::size_t data_bytes) {
  return R"({"id":1234,"command":"append_context","args":{"context":"instance-17","seq":42,)"
         R"("kind":"note","data":")" +
         std::string(data_bytes, 'x') + "\"}}";
}

void read_append_flat(benchmark::State& state) {
  const std::string text = append_request(static_cast<std::size_t>(state.range(0)));
  for ([[maybe_unused]] auto _ : state) {
    AppendFrame frame;
    const bool taken = read_append_frame(text, frame);
    benchmark::DoNotOptimize(taken);
    benchmark::DoNotOptimize(frame);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

void read_append_generally(benchmark::State& state) {
  const std::string text = append_request(static_cast<std::size_t>(state.range(0)));
  for ([[maybe_unused]] auto _ : state) {
    RequestFrame request;
    parse_request(text, request);
    benchmark::DoNotOptimize(request);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

// 25 entries of 256 bytes, as a handoff of loadgen's has them.
std::string entries_request() {
  std::string list;
  for (int i = 0; i < 25; ++i) {
    list += (i == 0 ? "[\"note\",\"" : ",[\"note\",\"") + std::string(256, 'x') + "\"]";
  }
  return R"({"id":1234,"command":"append_entries","args":{"context":"instance-17","seq":42,)"
         R"("entries":[)" +
         list + "]}}";
}

void read_entries_flat(benchmark::State& state) {
  const std::string text = entries_request();
  for ([[maybe_unused]] auto _ : state) {
    AppendFrame frame;
    benchmark::DoNotOptimize(read_append_frame(text, frame));
    std::string_view kind;
    std::string_view data;
    while (take_entry(frame.entries, kind, data)) benchmark::DoNotOptimize(data);
  }
}

void read_entries_generally(benchmark::State& state) {
  const std::string text = entries_request();
  for ([[maybe_unused]] auto _ : state) {
    RequestFrame request;
    parse_request(text, request);
    benchmark::DoNotOptimize(request);
  }
}

void write_reply(benchmark::State& state) {
  std::string out;
  for ([[maybe_unused]] auto _ : state) {
    out.clear();
    append_success(out, "1234", R"({"seq":42})");
    benchmark::DoNotOptimize(out.data());
  }
}

void write_failure(benchmark::State& state) {
  const Error error = Error::sequence_gap(43, "context 'instance-17' expects entry 43, not 45");
  std::string out;
  for ([[maybe_unused]] auto _ : state) {
    out.clear();
    append_failure(out, "1234", error);
    benchmark::DoNotOptimize(out.data());
  }
}

BENCHMARK(read_append_flat)->Arg(16)->Arg(256)->Arg(4096);
BENCHMARK(read_append_generally)->Arg(16)->Arg(256)->Arg(4096);
BENCHMARK(read_entries_flat);
BENCHMARK(read_entries_generally);
BENCHMARK(write_reply);
BENCHMARK(write_failure);

}  // namespace
}  // namespace yardmaster
