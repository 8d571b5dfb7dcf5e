// Frames a table that scrolls sideways where the page is too narrow for it, by keyboard as well.
import { Table, type TableProps } from '@mantine/core'

export function ScrollTable({ label, ...table }: TableProps & { label: string }) {
  return (
    <div className="scroll" role="group" aria-label={label} tabIndex={0}>
      <Table {...table} />
    </div>
  )
}
