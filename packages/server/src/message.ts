import {
  ArgumentForm,
  Encoding,
  encodingOfForm,
  isUtf8,
  type RequestBatch,
  type ValueSource,
} from '@kv/protocol';

/** A published message: an argument's bytes, copied, with the encoding they would be stored with. */
export class Message implements ValueSource {
  private readonly bytes: Uint8Array;
  private readonly encoding: Encoding;

  constructor(bytes: Uint8Array, encoding: Encoding) {
    this.bytes = bytes;
    this.encoding = encoding;
  }

  /** The message that an argument is. */
  static of(request: RequestBatch, argument: number): Message {
    const bytes = request.range(argument).slice();
    const form = request.form[argument] as number;
    if (form !== ArgumentForm.TEXT) return new Message(bytes, encodingOfForm(form));
    const text = isUtf8(new DataView(bytes.buffer), 0, bytes.length);
    return new Message(bytes, text ? Encoding.TEXT : Encoding.RAW);
  }

  get length(): number {
    return this.bytes.length;
  }

  valueLength(): number {
    return this.bytes.length;
  }

  plainLength(): number {
    return -1;
  }

  encodingOf(): number {
    return this.encoding;
  }

  copyValue(_ref: number, target: Uint8Array, _view: DataView, offset: number): void {
    target.set(this.bytes, offset);
  }

  stableValue(): Uint8Array {
    return this.bytes;
  }
}
