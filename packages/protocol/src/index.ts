export { ByteWriter } from './byte-writer.ts';
export { checkArguments, checkArity, isPlain } from './commands/check.ts';
export {
  COMPILED,
  type CompiledCommand,
  type CompiledOption,
  compiledNamed,
  isContainer,
  optionSlots,
  subcommandsOf,
} from './commands/compile.ts';
export { commandId, containerOf } from './commands/lookup.ts';
export type {
  Argument,
  ArgumentKind,
  CommandFlag,
  CommandGroup,
  CommandRow,
  NativeReply,
  OptionGroup,
  RespReply,
} from './commands/row.ts';
export { commandSyntax } from './commands/syntax.ts';
export {
  COMMANDS,
  type Command,
  type CommandName,
  type CommandNamed,
  commandNamed,
  type NamesOfGroup,
} from './commands/table.ts';
export {
  ArgumentForm,
  ENTRY_TYPE_NAMES,
  Encoding,
  EntryType,
  encodingOfForm,
} from './encodings.ts';
export { type ErrorCode, type ErrorReply, Errors, errorReply, ProtocolError } from './errors.ts';
export { FrameKind, makeDurable, NATIVE_VERSION } from './frame.ts';
export { FrameReader } from './frame-reader.ts';
export { INTEGER_TEXT_MAX, integerElement, parseDecimal, writeDecimal } from './integer.ts';
export {
  ARGUMENTS_MAX,
  DEPTH_MAX,
  FRAME_BYTES_MAX,
  INLINE_BYTES_MAX,
  KEY_BYTES_MAX,
  REPLY_BYTES_MAX,
  TEXT_BYTES_MAX,
  UNAUTHENTICATED_ARGUMENTS_MAX,
  UNAUTHENTICATED_BULK_BYTES_MAX,
  UNAUTHENTICATED_FRAME_BYTES_MAX,
  VALUE_BYTES_MAX,
} from './limits.ts';
export { NativeReplyWriter } from './native-reply-writer.ts';
export { ReplyBuffer, type Sink } from './reply-buffer.ts';
export { ReplyReader } from './reply-reader.ts';
export type { ReplyWriter, ValueSource } from './reply-writer.ts';
export { INVALID, RequestBatch } from './request-batch.ts';
export type { PartialRequest, RequestReader } from './request-reader.ts';
export { type RequestName, requestName, writeRequest } from './request-writer.ts';
export { RespReader } from './resp-reader.ts';
export { RespReplyWriter } from './resp-reply-writer.ts';
export { isUtf8 } from './utf8.ts';
export { ValueCodec, type ValueCodecOptions, valueCodec } from './value/codec.ts';
export { type ValueExtension, valueExtension } from './value/extensions.ts';
export { writeValueText } from './value/json-text.ts';
export { ValueError, type ValueErrorCode } from './value/value-error.ts';
