#include "tests/support/web_socket.h"

#include <stdexcept>
#include <utility>

namespace yardmaster::support {
namespace {

constexpr unsigned text_opcode = 0x1;
constexpr unsigned close_opcode = 0x8;
constexpr unsigned ping_opcode = 0x9;
constexpr unsigned pong_opcode = 0xA;
// The sample key of RFC 6455 section 1.3, and the answer that it gives for it.
constexpr std::string_view sample_key = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr std::string_view sample_accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8U | static_cast<unsigned char>(byte);
  return value;
}

}  // namespace

WebSocket::WebSocket(const std::filesystem::path& socket, std::string_view headers)
    : WebSocket(UnixStream(socket), "/ws", "Host: x\r\n" + std::string(headers)) {}

WebSocket::WebSocket(UnixStream stream, std::string_view target, std::string_view headers)
    : stream_(std::move(stream)) {
  stream_.send("GET " + std::string(target) +
               " HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
               "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " +
               std::string(sample_key) + "\r\n" + std::string(headers) + "\r\n");
  const auto answer = stream_.receive_until("\r\n\r\n");
  if (!answer.starts_with("HTTP/1.1 101 ") || answer.find(sample_accept) == std::string::npos) {
    throw std::runtime_error("no WebSocket: " + answer);
  }
}

void WebSocket::send_frame(unsigned opcode, std::string_view payload) {
  constexpr std::string_view mask = "\x12\x34\x56\x78";
  std::string frame{static_cast<char>(0x80U | opcode)};
  if (payload.size() < 126) {
    frame += static_cast<char>(0x80U | payload.size());
  } else {
    frame += static_cast<char>(0x80U | 126U);
    frame += static_cast<char>(payload.size() >> 8U);
    frame += static_cast<char>(payload.size() & 0xFFU);
  }
  frame += mask;
  for (std::size_t i = 0; i < payload.size(); ++i) {
    frame += static_cast<char>(payload[i] ^ mask[i % mask.size()]);
  }
  stream_.send(frame);
}

WebSocket::Frame WebSocket::receive_frame(Deadline deadline) {
  const auto head = stream_.receive_exactly(2, deadline);
  const auto opcode = static_cast<unsigned char>(head[0]) & 0x0FU;
  std::uint64_t length = static_cast<unsigned char>(head[1]) & 0x7FU;
  if (length == 126) length = big_endian(stream_.receive_exactly(2, deadline));
  if (length == 127) length = big_endian(stream_.receive_exactly(8, deadline));
  auto payload = stream_.receive_exactly(length, deadline);
  if (opcode == ping_opcode) send_frame(pong_opcode, payload);
  if (opcode == close_opcode) throw std::runtime_error("the WebSocket was closed: " + payload);
  return {opcode, std::move(payload)};
}

std::string WebSocket::receive_text(Deadline deadline) {
  while (true) {
    Frame frame = receive_frame(deadline);
    if (frame.opcode == text_opcode) return std::move(frame.payload);
  }
}

void WebSocket::await_ping(Deadline deadline) {
  while (receive_frame(deadline).opcode != ping_opcode) {
  }
}

}  // namespace yardmaster::support
