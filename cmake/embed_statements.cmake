# Turns a file of SQL statements, each below a line "-- name: NAME", into a header with the enumeration
# ENUMERATION and the text of each, in the array TEXTS. What stands below a line "-- columns: NAME"
# replaces {NAME} in the statements after it, and a number replaces {TYPE::NAME} (stored_numbers.cmake).
include(${CMAKE_CURRENT_LIST_DIR}/stored_numbers.cmake)
file(READ ${INPUT} content)
string(REPLACE ";" "" content "${content}")
replace_stored_numbers(content)
string(REGEX REPLACE "\n-- (name|columns): " ";\\1 " pieces "${content}")
list(POP_FRONT pieces)
set(names "")
set(texts "")
set(count 0)
foreach(piece IN LISTS pieces)
  string(REGEX MATCH "^([a-z]+) ([a-z_0-9]+)\n" head "${piece}")
  set(kind ${CMAKE_MATCH_1})
  set(name ${CMAKE_MATCH_2})
  string(LENGTH "${head}" length)
  string(SUBSTRING "${piece}" ${length} -1 text)
  string(REGEX REPLACE "\n--[^\n]*" "" text "\n${text}")
  string(STRIP "${text}" text)
  while(text MATCHES "{([a-z_]+)}")
    if(NOT DEFINED columns_${CMAKE_MATCH_1})
      message(FATAL_ERROR "${INPUT}: ${name} uses {${CMAKE_MATCH_1}}, which is not defined above it")
    endif()
    string(REPLACE "{${CMAKE_MATCH_1}}" "${columns_${CMAKE_MATCH_1}}" text "${text}")
  endwhile()
  if(kind STREQUAL "columns")
    set(columns_${name} "${text}")
    continue()
  endif()
  math(EXPR count "${count} + 1")
  string(APPEND names "  ${name},\n")
  string(APPEND texts "    R\"SQL(${text})SQL\",\n")
endforeach()
file(WRITE ${OUTPUT}
  "// Generated from ${INPUT}.\n#pragma once\n#include <array>\n#include <string_view>\n\n"
  "namespace yardmaster {\nenum class ${ENUMERATION} : int {\n${names}};\n"
  "inline constexpr std::array<std::string_view, ${count}> ${TEXTS}{\n${texts}};\n"
  "}  // namespace yardmaster\n")
