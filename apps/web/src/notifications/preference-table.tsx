import { Switch } from '../ui/switch.tsx'
import { kinds } from './kinds.ts'
import type { Channel, Kind, Preferences } from './queries.ts'
import { useSetPreference } from './use-set-preference.ts'

const channels = {
  inApp: 'Here',
  mail: 'Mail',
  digest: 'Daily mail',
} satisfies Record<Channel, string>

const channelNames = Object.keys(channels) as Channel[]
const kindNames = Object.keys(kinds) as Kind[]

export function PreferenceTable({ preferences }: { preferences: Preferences }) {
  return (
    <table className="w-full border-separate border-spacing-0 rounded-xl border border-line bg-surface text-sm">
      <thead>
        <tr className="text-[0.8125rem] text-muted">
          <th scope="col" className="px-4 py-3 text-left font-medium sm:px-5">
            What
          </th>
          {channelNames.map((channel) => (
            <th key={channel} scope="col" className="w-16 px-1 py-3 font-medium last:pr-3 sm:w-24">
              {channels[channel]}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {kindNames.map((kind) => (
          <Row key={kind} kind={kind} chosen={preferences[kind]} />
        ))}
      </tbody>
    </table>
  )
}

function Row({ kind, chosen }: { kind: Kind; chosen: Preferences[Kind] }) {
  const set = useSetPreference()
  const { label, description, isFixed } = kinds[kind]
  return (
    <tr className="[&>*]:border-t [&>*]:border-line">
      <th scope="row" className="px-4 py-3.5 text-left font-normal sm:px-5">
        <span className="block font-medium">{label}</span>
        <span className="mt-0.5 block text-[0.8125rem] text-muted">{description}</span>
      </th>
      {channelNames.map((channel) => (
        <td key={channel} className="px-1 text-center last:pr-3">
          {isFixed ? (
            <Fixed isOn={chosen[channel]} />
          ) : (
            <Switch
              label={`${label}: ${channels[channel]}`}
              checked={chosen[channel]}
              onChange={(isOn) => void set({ kind, channel, isOn })}
            />
          )}
        </td>
      ))}
    </tr>
  )
}

const Fixed = ({ isOn }: { isOn: boolean }) =>
  isOn ? (
    <span className="text-[0.8125rem] text-muted">Always</span>
  ) : (
    <span className="text-[0.8125rem] text-muted">Never</span>
  )
