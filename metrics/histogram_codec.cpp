// HdrHistogram's V2 encoding: a 40-byte big-endian header, counts as ZigZag LEB128 in which a
// negative number is a run of so many empty buckets, deflated behind a cookie and a length, base64.
// Overflow travels as the last bucket of the layout, which is past the range and so never used.
#include <bit>
#include <cstring>
#include <span>

#include <zlib.h>

#include "coordinator/base/error.h"
#include "metrics/base64.h"
#include "metrics/histogram_data.h"

namespace yardmaster::metrics {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::uint32_t cookie = 0x1c849313;
constexpr std::uint32_t compressed_cookie = 0x1c849314;
constexpr std::size_t header_size = 40;
constexpr std::size_t longest_number = 9;
constexpr std::size_t largest_payload = header_size + layout::bucket_count * longest_number;

template <typename Number>
void put(Bytes& bytes, Number number) {
  for (int shift = 8 * (int{sizeof(Number)} - 1); shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<std::uint8_t>(number >> shift));
  }
}

// Seven bits per byte, low ones first; a ninth byte holds eight.
void put_count(Bytes& bytes, std::int64_t number) {
  std::uint64_t rest =
      (static_cast<std::uint64_t>(number) << 1) ^ static_cast<std::uint64_t>(number < 0 ? -1 : 0);
  for (std::size_t i = 1; i < longest_number && rest >= 0x80; ++i) {
    bytes.push_back(static_cast<std::uint8_t>(rest | 0x80));
    rest >>= 7;
  }
  bytes.push_back(static_cast<std::uint8_t>(rest));
}

Bytes deflated(const Bytes& payload) {
  uLongf size = compressBound(static_cast<uLong>(payload.size()));
  Bytes out(size);
  if (compress(out.data(), &size, payload.data(), static_cast<uLong>(payload.size())) != Z_OK) {
    throw Error(ErrorCode::internal, "zlib could not compress a histogram");
  }
  out.resize(size);
  return out;
}

[[noreturn]] void refuse(const char* why) {
  throw Error(ErrorCode::invalid_request,
              std::string("not a HdrHistogram V2 payload of 1 ns at 3 digits: ") + why);
}

class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  bool at_end() const { return at_ == bytes_.size(); }

  std::uint8_t byte() {
    if (at_end()) refuse("it ends too early");
    return bytes_[at_++];
  }

  template <typename Number>
  Number number() {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof(Number); ++i) value = (value << 8) | byte();
    return static_cast<Number>(value);
  }

  std::int64_t count() {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < longest_number; ++i) {
      const std::uint64_t next = byte();
      const bool last = i + 1 == longest_number || next < 0x80;
      value |= (last ? next : next & 0x7f) << (7 * i);
      if (last) break;
    }
    return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
  }

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
};

Bytes inflated(std::string_view text) {
  const auto packed = base64_decode(text);
  if (!packed) refuse("it is not base64");
  Reader reader(*packed);
  if (reader.number<std::uint32_t>() != compressed_cookie) refuse("it has another cookie");
  const std::size_t length = reader.number<std::uint32_t>();
  if (length != packed->size() - 8) refuse("its length is wrong");
  Bytes payload(largest_payload);
  uLongf size = payload.size();
  if (uncompress(payload.data(), &size, packed->data() + 8, static_cast<uLong>(length)) != Z_OK) {
    refuse("it does not inflate");
  }
  payload.resize(size);
  return payload;
}

void check_header(Reader& reader, std::size_t payload_size) {
  if (reader.number<std::uint32_t>() != cookie) refuse("it has another cookie inside");
  if (reader.number<std::uint32_t>() + header_size != payload_size) refuse("its length is wrong");
  if (reader.number<std::uint32_t>() != 0) refuse("it has a normalizing offset");
  if (reader.number<std::uint32_t>() != 3) refuse("it has other significant digits");
  if (reader.number<std::uint64_t>() != 1) refuse("it has another lowest value");
  reader.number<std::uint64_t>();  // the highest trackable value does not change the layout
  if (std::bit_cast<double>(reader.number<std::uint64_t>()) != 1.0) refuse("it is scaled");
}

Bytes header(std::size_t counts_size) {
  Bytes bytes;
  put(bytes, cookie);
  put(bytes, static_cast<std::uint32_t>(counts_size));
  put(bytes, std::uint32_t{0});  // normalizing index offset
  put(bytes, std::uint32_t{3});  // significant digits
  put(bytes, std::uint64_t{1});  // lowest discernible value
  put(bytes, layout::highest_trackable);
  put(bytes, std::bit_cast<std::uint64_t>(1.0));  // integer to double ratio
  return bytes;
}

void put_run(Bytes& bytes, std::int64_t zeros) {
  if (zeros > 0) put_count(bytes, zeros == 1 ? 0 : -zeros);
}

}  // namespace

std::string Histogram::encode() const {
  Bytes counts;
  std::int64_t zeros = 0;
  for (std::size_t i = 0; i < layout::bucket_count; ++i) {
    std::uint64_t here = 0;
    if (i < data_->counts.size()) here = data_->counts[i].load(std::memory_order_relaxed);
    if (i + 1 == layout::bucket_count) here = overflow();
    if (here == 0) {
      ++zeros;
      continue;
    }
    put_run(counts, zeros);
    zeros = 0;
    put_count(counts, static_cast<std::int64_t>(here));
  }
  if (counts.empty()) put_count(counts, 0);

  Bytes payload = header(counts.size());
  payload.insert(payload.end(), counts.begin(), counts.end());
  const Bytes packed = deflated(payload);
  Bytes framed;
  put(framed, compressed_cookie);
  put(framed, static_cast<std::uint32_t>(packed.size()));
  framed.insert(framed.end(), packed.begin(), packed.end());
  return base64_encode(framed);
}

Histogram Histogram::decode(std::string_view text) {
  const Bytes payload = inflated(text);
  Reader reader(payload);
  check_header(reader, payload.size());
  Histogram histogram;
  std::uint64_t index = 0;
  while (!reader.at_end()) {
    const std::int64_t number = reader.count();
    if (number < 0) {
      index += ~static_cast<std::uint64_t>(number) + 1;
    } else {
      if (index < layout::bucket_count) {
        histogram.data_->add_to_bucket(index, static_cast<std::uint64_t>(number));
      }
      ++index;
    }
    if (index > layout::bucket_count) refuse("it has too many buckets");
  }
  return histogram;
}

}  // namespace yardmaster::metrics
