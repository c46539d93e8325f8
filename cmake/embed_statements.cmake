# Turns a file of SQL statements, each below a line "-- name: NAME", into a header with the enumeration
# ENUMERATION and the text of each, in the array TEXTS.
file(READ ${INPUT} content)
string(REPLACE ";" "" content "${content}")
string(REGEX REPLACE "\n-- name: " ";" pieces "${content}")
list(POP_FRONT pieces)
set(names "")
set(texts "")
list(LENGTH pieces count)
foreach(piece IN LISTS pieces)
  string(REGEX MATCH "^[a-z_0-9]+" name "${piece}")
  string(REGEX REPLACE "^[a-z_0-9]+\n" "" text "${piece}")
  string(REGEX REPLACE "\n--[^\n]*" "" text "${text}")
  string(STRIP "${text}" text)
  string(APPEND names "  ${name},\n")
  string(APPEND texts "    R\"SQL(${text})SQL\",\n")
endforeach()
file(WRITE ${OUTPUT}
  "// Generated from ${INPUT}.\n#pragma once\n#include <array>\n#include <string_view>\n\n"
  "namespace yardmaster {\nenum class ${ENUMERATION} : int {\n${names}};\n"
  "inline constexpr std::array<std::string_view, ${count}> ${TEXTS}{\n${texts}};\n"
  "}  // namespace yardmaster\n")
