/** Inode numbers in four to eight bytes each: a process may have a million sockets, and a Set would take forty times as much. */
export class InodeSet {
  #slots = new Uint32Array(64);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /**
   * @param inode greater than 0; the kernel numbers sockets in 32 bits
   * @returns whether it was not there yet
   */
  add(inode: number): boolean {
    if (this.#size * 2 >= this.#slots.length) this.#grow();
    const slot = this.#find(inode >>> 0);
    if (this.#slots[slot] !== 0) return false;
    this.#slots[slot] = inode;
    this.#size++;
    return true;
  }

  has(inode: number): boolean {
    return inode !== 0 && this.#slots[this.#find(inode >>> 0)] !== 0;
  }

  #find(inode: number): number {
    const mask = this.#slots.length - 1;
    // Fibonacci hashing: neighbouring inodes land far apart, and evenly, in the upper bits only
    let slot = Math.imul(inode, 0x9e3779b1) >>> Math.clz32(mask);
    while (this.#slots[slot] !== 0 && this.#slots[slot] !== inode) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 2);
    for (const inode of old) if (inode !== 0) this.#slots[this.#find(inode)] = inode;
  }
}
